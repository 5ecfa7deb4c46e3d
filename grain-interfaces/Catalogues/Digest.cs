using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RecoveryVault.Catalogues;

/// <summary>A SHA-256 digest of plaintext.</summary>
[GenerateSerializer, Immutable, Alias("rv.Digest")]
public readonly record struct Digest(
    [property: Id(0)] ulong A,
    [property: Id(1)] ulong B,
    [property: Id(2)] ulong C,
    [property: Id(3)] ulong D
)
{
    /// <summary>The length in bytes.</summary>
    public const int SizeBytes = 32;

    /// <summary>The digest of <paramref name="plaintext"/>.</summary>
    public static Digest Of(ReadOnlySpan<byte> plaintext)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(plaintext, hash);
        return Read(hash);
    }

    /// <summary>Reads the 32 digest bytes.</summary>
    public static Digest Read(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes[..SizeBytes]);
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Reads 64 hex digits.</summary>
    /// <exception cref="FormatException">The text is not 64 hex digits.</exception>
    public static Digest Parse(string hex) =>
        hex.Length == 2 * SizeBytes ? Read(Convert.FromHexString(hex)) : throw new FormatException("A digest is 64 hex digits.");

    /// <summary>Writes the 32 digest bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(destination[..SizeBytes]);
        (words[0], words[1], words[2], words[3]) = (A, B, C, D);
    }

    /// <summary>The digest as 64 lower-case hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        WriteTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
