using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// Fixed keys and arbitrary packs for the tests of the storage format, and what an attacker without keys can do to an object.
/// </summary>
internal static class FormatSamples
{
    public static readonly VaultId Vault = VaultId.Parse("00112233445566778899aabbccddeeff");
    public static readonly ItemId Item = ItemId.Parse("ffeeddccbbaa99887766554433221100");
    public static readonly PlatformKey Platform = new(7, Secret(0x70));

    public static readonly Gen<byte[]> Plaintext = Gen.Select(
        Gen.Byte.Array[1, 3000],
        Gen.Bool,
        (bytes, compressible) =>
        {
            if (compressible)
                bytes.AsSpan(bytes.Length / 4).Fill(bytes[0]);
            return bytes;
        }
    );

    /// <summary>32 bytes counting up from <paramref name="first"/>.</summary>
    public static SecretBytes Secret(byte first) => SecretBytes.CopyOf([.. Enumerable.Range(first, 32).Select(value => (byte)value)]);

    public static DataKey Dek(uint epoch = 1, byte first = 1) => Dek(Vault, Item, epoch, first);

    public static DataKey Dek(VaultId vault, ItemId item, uint epoch = 1, byte first = 1)
    {
        var secret = Secret(first);
        return DataKey.Open(vault, item, epoch, secret, Commitment(secret.Span, vault, item, epoch));
    }

    /// <summary>The DEK commitment as FORMAT.md says it, without our own code.</summary>
    public static byte[] Commitment(ReadOnlySpan<byte> dek, VaultId vault, ItemId item, uint epoch)
    {
        var commitment = new byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, dek, commitment, Info("recoveryvault/1/dek-commitment", vault, item, epoch));
        return commitment;
    }

    public static byte[] Info(string label, VaultId vault, ItemId item, uint epoch)
    {
        var ids = new byte[36];
        vault.WriteTo(ids);
        item.WriteTo(ids.AsSpan(16));
        BinaryPrimitives.WriteUInt32LittleEndian(ids.AsSpan(32), epoch);
        return [.. System.Text.Encoding.ASCII.GetBytes(label), .. ids];
    }

    public static ChunkId ChunkIdOf(byte[] plaintext) => new(Bytes32.Read(SHA256.HashData(plaintext)));

    /// <summary>Seals plaintexts into one pack, each compressed when that pays.</summary>
    public static byte[] Pack(DataKey dek, PlatformKey? platformKey, params byte[][] plaintexts)
    {
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek, platformKey);
        foreach (var plaintext in plaintexts)
            Add(writer, plaintext);
        return writer.Finish().ToArray();
    }

    public static FrameEntry Add(SealedObjectWriter writer, byte[] plaintext)
    {
        var buffer = new byte[plaintext.Length];
        return PayloadCompression.TryCompress(plaintext, buffer, out var length)
            ? writer.Add(ChunkIdOf(plaintext), plaintext.Length, PayloadCodec.Zstd, buffer.AsSpan(0, length))
            : writer.Add(ChunkIdOf(plaintext), plaintext.Length, PayloadCodec.Raw, plaintext);
    }

    public static byte[] Body(ObjectType type, DataKey dek, byte[] body, PlatformKey? platformKey = null)
    {
        using var writer = new SealedObjectWriter(type, dek, platformKey);
        SealedBody.Add(writer, body);
        return writer.Finish().ToArray();
    }

    /// <summary>Reads a whole pack the way a restore without index does.</summary>
    public static List<byte[]> Open(byte[] pack, DataKey dek, PlatformKey? platformKey = null)
    {
        ObjectTrailer.Verify(new(pack));
        using var reader = new SealedObjectReader(pack, dek, platformKey);
        return [.. Footer(reader, pack).Select(entry => OpenFrame(reader, entry, pack))];
    }

    public static FrameEntry[] Footer(SealedObjectReader reader, byte[] pack)
    {
        var location = reader.OpenTail(pack, pack.Length);
        return reader.OpenFooter(location, pack.AsSpan((int)location.Offset, location.SealedLength));
    }

    /// <summary>Opens a frame; when that fails, not one byte may have reached the buffer.</summary>
    public static byte[] OpenFrame(SealedObjectReader reader, FrameEntry entry, byte[] pack)
    {
        var plaintext = new byte[entry.PlaintextLength];
        try
        {
            reader.OpenFrame(entry, pack.AsSpan((int)entry.Offset, entry.SealedLength), plaintext);
            return plaintext;
        }
        catch (FormatFaultException)
        {
            Assert.Equal(-1, plaintext.AsSpan().IndexOfAnyExcept((byte)0));
            throw;
        }
    }

    /// <summary>What anyone can do: make the trailer right again after a change.</summary>
    public static byte[] Repair(byte[] bytes)
    {
        "RVEND\0\0\u0001"u8.CopyTo(bytes.AsSpan(bytes.Length - 32));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(bytes.Length - 24), bytes.Length);
        return RepairChecksum(bytes);
    }

    public static byte[] RepairChecksum(byte[] bytes)
    {
        XxHash128.Hash(bytes.AsSpan(0, bytes.Length - 16), bytes.AsSpan(bytes.Length - 16));
        return bytes;
    }

    public static byte[] FlipBit(byte[] bytes, long bit)
    {
        var copy = bytes.ToArray();
        copy[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        return copy;
    }

    public static void AssertFault(FormatFault fault, Action action) =>
        Assert.Equal(fault, Assert.Throws<FormatFaultException>(action).Fault);
}
