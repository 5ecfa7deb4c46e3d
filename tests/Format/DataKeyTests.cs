using RecoveryVault.Catalogues;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

public sealed class DataKeyTests
{
    [Fact]
    public void Open_OfAnotherKeyItemVaultOrEpoch_IsWrongKeyAndZeroesIt()
    {
        using var dek = FormatSamples.Dek();
        var commitment = dek.Commit();
        AssertWrong(FormatSamples.Secret(2), dek.VaultId, dek.ItemId, 1, commitment);
        AssertWrong(FormatSamples.Secret(1), VaultId.Create(), dek.ItemId, 1, commitment);
        AssertWrong(FormatSamples.Secret(1), dek.VaultId, ItemId.Create(), 1, commitment);
        AssertWrong(FormatSamples.Secret(1), dek.VaultId, dek.ItemId, 2, commitment);
        AssertWrong(FormatSamples.Secret(1), dek.VaultId, dek.ItemId, 1, commitment[..31]);
        AssertWrong(SecretBytes.CopyOf(new byte[31]), dek.VaultId, dek.ItemId, 1, commitment);
    }

    [Fact]
    public void Open_OfAnyFlippedBit_IsWrongKey()
    {
        using var dek = FormatSamples.Dek();
        var (key, commitment) = (dek.Secret.Span.ToArray(), dek.Commit());
        for (var bit = 0; bit < 256; bit++)
        {
            AssertWrong(SecretBytes.CopyOf(FormatSamples.FlipBit(key, bit)), dek.VaultId, dek.ItemId, 1, commitment);
            AssertWrong(SecretBytes.CopyOf(key), dek.VaultId, dek.ItemId, 1, FormatSamples.FlipBit(commitment, bit));
        }
    }

    [Fact]
    public void OpenItemIdKey_AfterAnyFlippedBit_IsTampered()
    {
        using var dek = FormatSamples.Dek();
        using var keys = ItemKeySet.Create();
        var sealedKey = dek.SealItemIdKey(keys);
        for (var bit = 0; bit < sealedKey.Length * 8; bit++)
            FormatSamples.AssertFault(FormatFault.Tampered, () => dek.OpenItemIdKey(FormatSamples.FlipBit(sealedKey, bit)));
        FormatSamples.AssertFault(FormatFault.Malformed, () => dek.OpenItemIdKey(sealedKey.AsSpan(1)));
    }

    [Fact]
    public void OpenItemIdKey_OfAnotherEpochOrItem_IsTampered()
    {
        using var dek = FormatSamples.Dek();
        using var keys = ItemKeySet.Create();
        var sealedKey = dek.SealItemIdKey(keys);
        using var next = FormatSamples.Dek(epoch: 2);
        using var other = FormatSamples.Dek(FormatSamples.Vault, ItemId.Create());
        FormatSamples.AssertFault(FormatFault.Tampered, () => next.OpenItemIdKey(sealedKey));
        FormatSamples.AssertFault(FormatFault.Tampered, () => other.OpenItemIdKey(sealedKey));
    }

    [Fact]
    public void OpenItemIdKey_AfterSeal_GivesTheSameNamesUnderEveryDek()
    {
        using var first = FormatSamples.Dek();
        using var second = DataKey.Create(FormatSamples.Vault, FormatSamples.Item, 2);
        using var keys = ItemKeySet.Create();
        using var reopened = first.OpenItemIdKey(first.SealItemIdKey(keys));
        using var moved = second.OpenItemIdKey(second.SealItemIdKey(reopened));
        var digest = Digest.Of([1, 2, 3]);
        Assert.Equal(keys.ChunkIdOf(digest), moved.ChunkIdOf(digest));
        Assert.Equal(keys.HeadHashOf([4, 5]), moved.HeadHashOf([4, 5]));
        Assert.Equal(keys.ChunkerSeed.Span, moved.ChunkerSeed.Span);
        Assert.NotEqual(first.SealItemIdKey(keys), first.SealItemIdKey(keys));
    }

    [Fact]
    public void Derivations_OfOneItem_AreAllDifferent()
    {
        using var keys = ItemKeySet.Create();
        using var other = ItemKeySet.Create();
        Span<byte> plain = stackalloc byte[32];
        Digest.Of([1]).WriteTo(plain);
        Assert.NotEqual(keys.ChunkIdOf(Digest.Of([1])).Value, keys.HeadHashOf(plain).Value);
        Assert.NotEqual(keys.ChunkIdOf(Digest.Of([1])), other.ChunkIdOf(Digest.Of([1])));
    }

    [Fact]
    public void Dispose_OfKeys_ZeroesThem()
    {
        var dek = FormatSamples.Dek();
        dek.Dispose();
        Assert.Throws<ObjectDisposedException>(() => dek.Commit());
        var keys = ItemKeySet.Create();
        keys.Dispose();
        Assert.Throws<ObjectDisposedException>(() => keys.ChunkIdOf(default));
        Assert.Throws<ObjectDisposedException>(() => keys.ChunkerSeed.Span.Length);
    }

    [Fact]
    public void ToString_OfKeys_TellsNone()
    {
        using var dek = FormatSamples.Dek();
        using var keys = new ItemKeySet(FormatSamples.Secret(1));
        var hex = Convert.ToHexStringLower(FormatSamples.Secret(1).Span);
        foreach (var text in new[] { $"{dek}", $"{keys}", $"{new PlatformKey(1, FormatSamples.Secret(1))}" })
            Assert.DoesNotContain(hex[..8], text, StringComparison.OrdinalIgnoreCase);
    }

    private static void AssertWrong(SecretBytes secret, VaultId vault, ItemId item, uint epoch, byte[] commitment)
    {
        FormatSamples.AssertFault(FormatFault.WrongKey, () => DataKey.Open(vault, item, epoch, secret, commitment));
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
    }
}
