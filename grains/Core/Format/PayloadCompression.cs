namespace RecoveryVault.Format;

/// <summary>zstd level 1: the level above costs a fifth more processor time and saves 4 % (ARCHITECTURE.md).</summary>
public static class PayloadCompression
{
    private const int Level = 1;

    /// <summary>The longest payload worth its decompression, in bytes: compression that saves less than 3 % is not kept.</summary>
    public static int MaxPayloadLength(int plaintextLength) => (int)(plaintextLength * 97L / 100);

    /// <summary>
    /// Compresses into at least <see cref="MaxPayloadLength"/> bytes; false when that saves less than 3 %: then the plaintext itself is the
    /// payload.
    /// </summary>
    public static bool TryCompress(ReadOnlySpan<byte> plaintext, Span<byte> destination, out int payloadLength) =>
        Zstd.TryCompress(plaintext, destination[..MaxPayloadLength(plaintext.Length)], Level, out payloadLength);

    /// <summary>Decompresses into exactly <paramref name="plaintext"/>; on failure that is cleared.</summary>
    internal static void Expand(ReadOnlySpan<byte> payload, Span<byte> plaintext)
    {
        if (Zstd.TryDecompress(payload, plaintext, out var length) && length == plaintext.Length)
            return;
        plaintext.Clear();
        throw new FormatFaultException(FormatFault.Malformed, "A frame's payload does not decompress to its plaintext's length.");
    }
}
