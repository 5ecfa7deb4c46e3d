using System.Text;

namespace RecoveryVault.DataPath.Wire;

/// <summary>For each chunk asked about an error code, or nothing: one byte of length and that much ASCII.</summary>
public static class CodeList
{
    /// <summary>The longest list, in bytes.</summary>
    public const int MaxLength = IBackupChannel.MaxQuery * (1 + ChunkFrame.MaxCodeLength);

    /// <summary>The bytes of a list.</summary>
    public static byte[] Write(IReadOnlyList<string?> codes)
    {
        var bytes = new MemoryStream(codes.Count);
        foreach (var code in codes)
        {
            var text = Encoding.ASCII.GetBytes(code ?? "");
            if (text.Length > ChunkFrame.MaxCodeLength)
                throw new ArgumentException($"A code has at most {ChunkFrame.MaxCodeLength} letters.", nameof(codes));
            bytes.WriteByte((byte)text.Length);
            bytes.Write(text);
        }
        return bytes.ToArray();
    }

    /// <summary>Reads a list of exactly so many entries.</summary>
    /// <exception cref="WireFaultException">It is none.</exception>
    public static string?[] Read(ReadOnlySpan<byte> bytes, int count)
    {
        var codes = new string?[count];
        for (var i = 0; i < count; i++)
        {
            var length = bytes.IsEmpty ? 0 : bytes[0];
            if (bytes.Length < 1 + length)
                throw new WireFaultException(WireFault.Truncated, $"Codes of {count} chunks are wanted, those of {i} came.");
            codes[i] = length == 0 ? null : ReadCode(bytes.Slice(1, length));
            bytes = bytes[(1 + length)..];
        }
        return bytes.IsEmpty ? codes : throw new WireFaultException(WireFault.Malformed, $"{bytes.Length} bytes follow the last code.");
    }

    /// <summary>Reads one code: letters and digits only, for it is shown to people and looked up.</summary>
    /// <exception cref="WireFaultException">It is none.</exception>
    public static string ReadCode(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > ChunkFrame.MaxCodeLength)
            throw new WireFaultException(WireFault.TooLarge, $"An error code has 1 to {ChunkFrame.MaxCodeLength} letters.");
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter))
                throw new WireFaultException(WireFault.Malformed, "An error code has letters and digits only.");
        }
        return Encoding.ASCII.GetString(text);
    }
}
