using System.Security.Cryptography;
using RecoveryVault.Catalogues;
using RecoveryVault.Keys;

namespace RecoveryVault.Format;

/// <summary>
/// The item id key and what is derived from it. It lives as long as its item, whatever becomes of DEKs: chunks keep their names, heads
/// their hashes and content its cut points. Owns the secrets. Safe for concurrent use.
/// </summary>
public sealed class ItemKeySet : IDisposable
{
    public const int SizeBytes = 32;

    private readonly SecretBytes _chunkIdKey;
    private readonly SecretBytes _headKey;

    internal ItemKeySet(SecretBytes itemIdKey)
    {
        ItemIdKey = itemIdKey;
        _chunkIdKey = Derive(KeyLabels.ChunkId);
        _headKey = Derive(KeyLabels.Head);
        ChunkerSeed = Derive(KeyLabels.Chunker);
    }

    /// <summary>The 32 secret bytes that choose where the item's content is cut.</summary>
    public SecretBytes ChunkerSeed { get; }

    internal SecretBytes ItemIdKey { get; }

    /// <summary>The keys of a new item.</summary>
    public static ItemKeySet Create() => new(SecretBytes.Random(SizeBytes));

    /// <summary>The name under which the item keeps a chunk.</summary>
    public ChunkId ChunkIdOf(Digest digest)
    {
        Span<byte> plain = stackalloc byte[Digest.SizeBytes];
        digest.WriteTo(plain);
        return new(Mac(_chunkIdKey, plain));
    }

    /// <summary>The hash of a manifest's plaintext, byte for byte as it was sealed.</summary>
    public HeadHash HeadHashOf(ReadOnlySpan<byte> manifest) => new(Mac(_headKey, manifest));

    public void Dispose()
    {
        ItemIdKey.Dispose();
        _chunkIdKey.Dispose();
        _headKey.Dispose();
        ChunkerSeed.Dispose();
    }

    public override string ToString() => "ItemKeySet(redacted)";

    private static Bytes32 Mac(SecretBytes key, ReadOnlySpan<byte> message)
    {
        Span<byte> mac = stackalloc byte[Bytes32.SizeBytes];
        HMACSHA256.HashData(key.Span, message, mac);
        return Bytes32.Read(mac);
    }

    private SecretBytes Derive(ReadOnlySpan<byte> label)
    {
        Span<byte> info = stackalloc byte[label.Length];
        label.CopyTo(info);
        Span<byte> key = stackalloc byte[SizeBytes];
        try
        {
            HKDF.Expand(HashAlgorithmName.SHA256, ItemIdKey.Span, key, info);
            return SecretBytes.CopyOf(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
