using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace RecoveryVault.Connections;

/// <summary>
/// What a connection begins with, before a byte of any protocol is read: both ends prove that they know the secret, and for which
/// listener. A loopback port tells nothing about whose process is at the other end, and a relay cannot use a proof made for another port.
/// </summary>
/// <remarks>
/// <para>1. The client sends 4 bytes of greeting, its hello: contract version and the oldest it works with (2 bytes each, big-endian) and
/// 32 random bytes.</para>
/// <para>2. The server sends its own hello and HMAC-SHA256(secret, "server", purpose, address, both hellos).</para>
/// <para>3. The client checks that and sends HMAC-SHA256(secret, "client", purpose, address, both hellos).</para>
/// <para>4. The server checks that and sends one byte, so that the client knows.</para>
/// <para>Whoever finds that the versions do not go together ends it when the other end has proved itself, not before.</para>
/// </remarks>
public static class ConnectionProof
{
    /// <summary>How long a peer may take for its part.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int VersionLength = 4;
    private const int HelloLength = VersionLength + 32;
    private const int ProofLength = 32;
    private const byte Accepted = 1;

    private static ReadOnlySpan<byte> Greeting => "RVC1"u8;

    /// <summary>The purpose of an Orleans gateway's listener.</summary>
    public const string Gateway = "gateway";

    /// <summary>The purpose of an Orleans silo's listener.</summary>
    public const string Silo = "silo";

    /// <summary>The purpose of a data-plane listener.</summary>
    public const string DataPlane = "data-plane";

    /// <summary>The server's part.</summary>
    /// <exception cref="ConnectionRefusedException">The peer does not know the secret.</exception>
    /// <exception cref="OtherReleaseException">The peer's contracts do not go with ours.</exception>
    public static Task AcceptAsync(
        ConnectionSecret secret,
        string purpose,
        EndPoint? listener,
        Stream input,
        Stream output,
        TimeProvider time,
        ContractVersion? contracts = null,
        CancellationToken cancellation = default
    ) =>
        InTimeAsync(
            async cancel =>
            {
                var greeting = new byte[Greeting.Length + HelloLength];
                await input.ReadExactlyAsync(greeting, cancel);
                if (!greeting.AsSpan().StartsWith(Greeting))
                    throw new ConnectionRefusedException("The peer did not greet as a client of this version does.");
                var ours = contracts ?? ContractVersion.Ours;
                var hello = Hello(ours);
                var hellos = (byte[])[.. greeting.AsSpan(Greeting.Length), .. hello];
                var proof = new byte[ProofLength];
                Prove(secret, "server", purpose, listener, hellos, proof);
                await SendAsync(output, (byte[])[.. hello, .. proof], cancel);
                await RequireProofAsync(secret, "client", purpose, listener, hellos, input, cancel);
                RequireRelease(purpose, ours, VersionOf(greeting.AsSpan(Greeting.Length)), isSilo: true);
                await SendAsync(output, new[] { Accepted }, cancel);
            },
            time,
            cancellation
        );

    /// <summary>The client's part; returns when the server has accepted it.</summary>
    /// <exception cref="ConnectionRefusedException">One of the two does not know the secret.</exception>
    /// <exception cref="OtherReleaseException">The server's contracts do not go with ours.</exception>
    public static Task PresentAsync(
        ConnectionSecret secret,
        string purpose,
        EndPoint? listener,
        Stream input,
        Stream output,
        TimeProvider time,
        ContractVersion? contracts = null,
        CancellationToken cancellation = default
    ) =>
        InTimeAsync(
            async cancel =>
            {
                var ours = contracts ?? ContractVersion.Ours;
                var greeting = (byte[])[.. Greeting, .. Hello(ours)];
                await SendAsync(output, greeting, cancel);
                var answer = new byte[HelloLength];
                await input.ReadExactlyAsync(answer, cancel);
                var hellos = (byte[])[.. greeting.AsSpan(Greeting.Length), .. answer];
                await RequireProofAsync(secret, "server", purpose, listener, hellos, input, cancel);
                RequireRelease(purpose, ours, VersionOf(answer), isSilo: false);
                var proof = new byte[ProofLength];
                Prove(secret, "client", purpose, listener, hellos, proof);
                await SendAsync(output, proof, cancel);
                var verdict = new byte[1];
                await input.ReadExactlyAsync(verdict, cancel);
                if (verdict[0] != Accepted)
                    throw new ConnectionRefusedException("The server did not accept the secret.");
            },
            time,
            cancellation
        );

    private static byte[] Hello(ContractVersion version)
    {
        var hello = RandomNumberGenerator.GetBytes(HelloLength);
        BinaryPrimitives.WriteUInt16BigEndian(hello, version.Current);
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(2), version.Oldest);
        return hello;
    }

    private static ContractVersion VersionOf(ReadOnlySpan<byte> hello) =>
        new(BinaryPrimitives.ReadUInt16BigEndian(hello), BinaryPrimitives.ReadUInt16BigEndian(hello[2..]));

    /// <summary>Both ends come to the same verdict. The data plane has a version of its own: there either side may be the newer one.</summary>
    private static void RequireRelease(string purpose, ContractVersion ours, ContractVersion theirs, bool isSilo)
    {
        var fits =
            purpose != Gateway ? ours.WorksWith(theirs)
            : isSilo ? ours.Serves(theirs)
            : theirs.Serves(ours);
        if (!fits)
            throw new OtherReleaseException(purpose, ours, theirs);
    }

    private static async Task InTimeAsync(Func<CancellationToken, Task> work, TimeProvider time, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await work(either.Token);
        }
        catch (EndOfStreamException)
        {
            throw new ConnectionRefusedException("The peer closed the connection before both had proved to know the secret.");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new ConnectionRefusedException($"The peer proved nothing within {Patience.TotalSeconds:0} s.");
        }
    }

    private static async Task RequireProofAsync(
        ConnectionSecret secret,
        string side,
        string purpose,
        EndPoint? listener,
        byte[] hellos,
        Stream input,
        CancellationToken cancellation
    )
    {
        var proof = new byte[ProofLength];
        await input.ReadExactlyAsync(proof, cancellation);
        var expected = new byte[ProofLength];
        Prove(secret, side, purpose, listener, hellos, expected);
        if (!CryptographicOperations.FixedTimeEquals(proof, expected))
            throw new ConnectionRefusedException($"The {side} does not know the secret of this {purpose}.");
    }

    private static void Prove(ConnectionSecret secret, string side, string purpose, EndPoint? listener, byte[] hellos, Span<byte> proof) =>
        secret.Sign([.. Encoding.UTF8.GetBytes($"recoveryvault connection 2|{side}|{purpose}|{AddressOf(listener)}|"), .. hellos], proof);

    private static string AddressOf(EndPoint? endpoint) =>
        endpoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
            ? $"{mapped.Address.MapToIPv4()}:{mapped.Port}"
            : endpoint?.ToString() ?? "";

    private static async Task SendAsync(Stream output, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await output.WriteAsync(bytes, cancellation);
        await output.FlushAsync(cancellation);
    }
}

/// <summary>The other end of a connection is not whom it must be.</summary>
public sealed class ConnectionRefusedException(string message) : IOException(message);
