using System.Buffers.Binary;
using System.Security.Cryptography;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Format;

/// <summary>
/// An unwrapped DEK with the item and epoch it belongs to, checked against its commitment: whoever holds one knows that the key is right,
/// so that an object it does not open was tampered with. Owns the secret and zeroes it on dispose.
/// </summary>
public sealed class DataKey : IDisposable
{
    public const int SizeBytes = 32;
    public const int CommitmentSizeBytes = 32;
    public const int SealedItemIdKeySizeBytes = NonceLength + ItemKeySet.SizeBytes + TagLength;
    private const int ContextSizeBytes = VaultId.SizeBytes + ItemId.SizeBytes + sizeof(uint);
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private DataKey(VaultId vaultId, ItemId itemId, uint epoch, SecretBytes secret) =>
        (VaultId, ItemId, Epoch, Secret) = (vaultId, itemId, epoch, secret);

    public VaultId VaultId { get; }

    public ItemId ItemId { get; }

    public uint Epoch { get; }

    /// <summary>The DEK itself, to be wrapped by a KEK.</summary>
    public SecretBytes Secret { get; }

    /// <summary>A fresh random DEK.</summary>
    public static DataKey Create(VaultId vaultId, ItemId itemId, uint epoch) => new(vaultId, itemId, epoch, SecretBytes.Random(SizeBytes));

    /// <summary>
    /// Takes over what a KEK unwrapped and checks in constant time that it is the DEK the ring means; otherwise zeroes it.
    /// </summary>
    /// <exception cref="FormatFaultException">WrongKey.</exception>
    public static DataKey Open(VaultId vaultId, ItemId itemId, uint epoch, SecretBytes unwrapped, ReadOnlySpan<byte> commitment)
    {
        var key = new DataKey(vaultId, itemId, epoch, unwrapped);
        if (unwrapped.Length == SizeBytes && CryptographicOperations.FixedTimeEquals(key.Commit(), commitment))
            return key;
        key.Dispose();
        throw new FormatFaultException(
            FormatFault.WrongKey,
            $"What was unwrapped for epoch {epoch} of item {itemId} is not the key the ring commits to."
        );
    }

    /// <summary>
    /// The 32 bytes that let a later <see cref="Open"/> tell this key from every other, without telling anything about it.
    /// </summary>
    public byte[] Commit()
    {
        Span<byte> info = stackalloc byte[KeyLabels.DekCommitment.Length + ContextSizeBytes];
        WriteInfo(info, KeyLabels.DekCommitment);
        var commitment = new byte[CommitmentSizeBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, Secret.Span, commitment, info);
        return commitment;
    }

    /// <summary>Seals the item id key for the ring: nonce, ciphertext, tag.</summary>
    public byte[] SealItemIdKey(ItemKeySet keys) => SealItemIdKey(keys, RandomNumberGenerator.GetBytes(NonceLength));

    internal byte[] SealItemIdKey(ItemKeySet keys, ReadOnlySpan<byte> nonce)
    {
        Span<byte> info = stackalloc byte[KeyLabels.ItemIdKey.Length + ContextSizeBytes];
        using var aes = ItemIdKeyCipher(info);
        var sealedKey = new byte[SealedItemIdKeySizeBytes];
        nonce.CopyTo(sealedKey);
        aes.Encrypt(nonce, keys.ItemIdKey.Span, sealedKey.AsSpan()[NonceLength..^TagLength], sealedKey.AsSpan()[^TagLength..], info);
        return sealedKey;
    }

    /// <summary>Opens the item id key from the ring and derives what hangs on it.</summary>
    /// <exception cref="FormatFaultException">Tampered.</exception>
    public ItemKeySet OpenItemIdKey(ReadOnlySpan<byte> sealedKey)
    {
        if (sealedKey.Length != SealedItemIdKeySizeBytes)
            throw new FormatFaultException(FormatFault.Malformed, "A sealed item id key has 60 bytes.");
        Span<byte> info = stackalloc byte[KeyLabels.ItemIdKey.Length + ContextSizeBytes];
        using var aes = ItemIdKeyCipher(info);
        Span<byte> key = stackalloc byte[ItemKeySet.SizeBytes];
        try
        {
            aes.Decrypt(sealedKey[..NonceLength], sealedKey[NonceLength..^TagLength], sealedKey[^TagLength..], key, info);
            return new(SecretBytes.CopyOf(key));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new FormatFaultException(FormatFault.Tampered, $"The sealed item id key of item {ItemId} was altered.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public void Dispose() => Secret.Dispose();

    public override string ToString() => $"DataKey({ItemId}, epoch {Epoch}, redacted)";

    private AesGcm ItemIdKeyCipher(Span<byte> info)
    {
        WriteInfo(info, KeyLabels.ItemIdKey);
        Span<byte> key = stackalloc byte[SizeBytes];
        try
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA256, Secret.Span, key, salt: [], info);
            return new(key, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private void WriteInfo(Span<byte> info, ReadOnlySpan<byte> label)
    {
        label.CopyTo(info);
        var context = info[label.Length..];
        VaultId.WriteTo(context);
        ItemId.WriteTo(context[VaultId.SizeBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(context[(VaultId.SizeBytes + ItemId.SizeBytes)..], Epoch);
    }
}
