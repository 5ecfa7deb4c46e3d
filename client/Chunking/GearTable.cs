using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RecoveryVault.Chunking;

/// <summary>
/// The 256 random 64-bit words of the rolling hash, made from the seed so that any implementation cuts alike: with SHA-256,
/// <c>table = HKDF-Expand(PRK = seed, info = "recoveryvault/chunker/gear/1", L = 2048)</c> (RFC 5869, section 2.3: T(i) =
/// HMAC(PRK, T(i-1) ‖ info ‖ byte i) for i = 1 to 64), and word b is the bytes 8b to 8b+7, little-endian.
/// </summary>
internal static class GearTable
{
    internal const int Words = 256;

    internal static ulong[] Expand(ReadOnlySpan<byte> seed)
    {
        Span<byte> bytes = stackalloc byte[Words * sizeof(ulong)];
        HKDF.Expand(HashAlgorithmName.SHA256, seed, bytes, "recoveryvault/chunker/gear/1"u8);
        var table = new ulong[Words];
        for (var word = 0; word < Words; word++)
            table[word] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(word * sizeof(ulong))..]);
        CryptographicOperations.ZeroMemory(bytes);
        return table;
    }
}
