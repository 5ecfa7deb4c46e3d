using System.Security.Cryptography;
using System.Text;

namespace RecoveryVault.Connections;

/// <summary>
/// 32 random bytes that a silo and those who may connect to it share. It never crosses a connection: only proofs of it do.
/// </summary>
public sealed class ConnectionSecret : IDisposable
{
    /// <summary>Bytes of a secret.</summary>
    public const int Length = 32;

    private const int TagBytes = 16;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Length, pinned: true);

    private ConnectionSecret() { }

    /// <summary>A fresh one.</summary>
    public static ConnectionSecret Create()
    {
        var secret = new ConnectionSecret();
        RandomNumberGenerator.Fill(secret._bytes);
        return secret;
    }

    /// <summary>Reads 64 hex digits.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static ConnectionSecret Parse(string hex)
    {
        var secret = new ConnectionSecret();
        if (hex.Length == 2 * Length && Convert.FromHexString(hex, secret._bytes, out _, out _) == System.Buffers.OperationStatus.Done)
            return secret;
        secret.Dispose();
        throw new FormatException($"A connection secret is {2 * Length} hex digits.");
    }

    /// <summary>The hex digits, for the one file that holds them.</summary>
    public string Reveal() => Convert.ToHexStringLower(_bytes);

    /// <summary>32 hex digits that tell secrets apart, for the open: a keyed digest, from which nobody finds the secret.</summary>
    /// <param name="purpose">The same secret has another tag for another purpose.</param>
    public string Tag(string purpose)
    {
        Span<byte> tag = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(Encoding.UTF8.GetBytes($"tag {purpose}"), tag);
        return Convert.ToHexStringLower(tag[..TagBytes]);
    }

    /// <inheritdoc/>
    public override string ToString() => "ConnectionSecret(redacted)";

    /// <summary>Zeroes it.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    internal void Sign(ReadOnlySpan<byte> message, Span<byte> proof) => HMACSHA256.HashData(_bytes, message, proof);
}
