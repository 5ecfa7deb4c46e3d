using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>Whole answers, never longer than asked for.</summary>
internal static class BodyReader
{
    /// <summary>Reads a body of at most so many bytes.</summary>
    /// <exception cref="WireFaultException">It is longer.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, int maxLength, CancellationToken cancellation)
    {
        var body = new byte[maxLength + 1];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return length <= maxLength
            ? body.AsMemory(0, length)
            : throw new WireFaultException(WireFault.TooLarge, $"The answer has more than {maxLength} bytes.");
    }

    /// <summary>For answers without a body.</summary>
    public static async Task<bool> SkipAsync(Stream stream, CancellationToken cancellation) =>
        (await ReadAsync(stream, 0, cancellation)).IsEmpty;

    /// <exception cref="VaultException">InvalidRequest: more than one query may name.</exception>
    public static void RequireQuery(int chunks)
    {
        if (chunks > IBackupChannel.MaxQuery)
            throw new VaultException(ErrorCodes.InvalidRequest, $"A query names at most {IBackupChannel.MaxQuery} chunks, got {chunks}.");
    }
}
