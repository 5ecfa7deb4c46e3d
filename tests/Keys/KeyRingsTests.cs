using System.Text;
using System.Text.Json;
using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Tests.Keys.Local;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyRingsTests : IAsyncLifetime
{
    private KeyRingStage _stage = null!;

    public async Task InitializeAsync() => _stage = await KeyRingStage.CreateAsync();

    public Task DisposeAsync()
    {
        _stage.Dispose();
        return Task.CompletedTask;
    }

    private async Task<(KeyRing Ring, RecordRef Reference)> NewRingAsync(KeyEncryptionKey kek)
    {
        var ring = await _stage.Rings.CreateAsync(_stage.Item, 1, kek, 1);
        return (ring, await _stage.Rings.WriteAsync(ring));
    }

    private async Task<string> CodeOfReadAsync(RecordRef reference) =>
        (await Assert.ThrowsAsync<VaultException>(() => _stage.Rings.ReadAsync(_stage.Item, reference))).Code;

    [Fact]
    public async Task Read_AnyByteChanged_IsRefusedAndNeverParsed()
    {
        var (_, reference) = await NewRingAsync(_stage.Platform);
        var content = await _stage.ReadAsync(reference.Name);

        await Gen.Select(Gen.Int[0, content.Length - 1], Gen.Byte[1, 255])
            .SampleAsync(
                async (at, change) =>
                {
                    var altered = content.ToArray();
                    altered[at] ^= change;
                    await _stage.WriteAsync(reference.Name, altered);
                    return await CodeOfReadAsync(reference) == ErrorCodes.DataBitRot;
                },
                iter: TestScale.Iterations(300),
                threads: 1
            );
    }

    [Fact]
    public async Task Read_CutShort_IsBitRot()
    {
        var (_, reference) = await NewRingAsync(_stage.Platform);
        var content = await _stage.ReadAsync(reference.Name);

        for (var length = 0; length < content.Length; length += 37)
        {
            await _stage.WriteAsync(reference.Name, content[..length]);
            Assert.Equal(ErrorCodes.DataBitRot, await CodeOfReadAsync(reference));
        }
    }

    [Fact]
    public async Task Read_Missing_SaysSo()
    {
        var (_, reference) = await NewRingAsync(_stage.Platform);
        await _stage.Store.DeleteAsync(reference.Name);

        Assert.Equal(ErrorCodes.DataMissing, await CodeOfReadAsync(reference));
    }

    [Fact]
    public async Task Read_DekWrappedByAnAttackerToThePublicKey_IsRefusedByTheMac()
    {
        var kek = await _stage.NewKekAsync();
        var (ring, reference) = await NewRingAsync(kek);
        using var own = DataKey.Create(_stage.Item.VaultId, _stage.Item.ItemId, 1);
        using var itemKeys = ItemKeySet.Create();
        var forged = ring with
        {
            Epochs =
            [
                ring.Newest with
                {
                    WrappedDek = await _stage.WrapOutsideAsync(kek.KeyId, own.Secret.Span.ToArray()),
                    Commitment = own.Commit(),
                    SealedItemIdKey = own.SealItemIdKey(itemKeys),
                },
            ],
        };
        using var secret = SecretBytes.Random(32);
        var payload = JsonSerializer.SerializeToUtf8Bytes(forged, RecordJson.Default.KeyRing);
        var content = RecordEnvelope.Seal(RecordType.Ring, new PlatformKey(_stage.Keyring.CurrentId, secret), payload);
        await _stage.WriteAsync(reference.Name, content);

        // The key vault itself would open it: only the MAC tells.
        using var unwrapped = await _stage.Wrapping.UnwrapAsync(_stage.Item, forged.Newest, kek.PrincipalId);
        Assert.Equal(own.Secret.Span, unwrapped.Span);
        var calls = _stage.Traffic.Count(KeyVaultStage.Host, "unwrap");
        Assert.Equal(ErrorCodes.RecordTampered, await CodeOfReadAsync(reference));
        Assert.Equal(calls, _stage.Traffic.Count(KeyVaultStage.Host, "unwrap"));
    }

    [Fact]
    public async Task Read_UnauthenticPayloadThatIsNoJson_IsTamperedAndNoParserError()
    {
        var (_, reference) = await NewRingAsync(_stage.Platform);
        using var secret = SecretBytes.Random(32);
        var key = new PlatformKey(_stage.Keyring.CurrentId, secret);
        await _stage.WriteAsync(reference.Name, RecordEnvelope.Seal(RecordType.Ring, key, Encoding.UTF8.GetBytes("{ not json")));

        Assert.Equal(ErrorCodes.RecordTampered, await CodeOfReadAsync(reference));
    }

    [Fact]
    public async Task Read_ByAKeyringThatLacksTheKey_IsTheWrongPlatformKey()
    {
        var (ring, reference) = await NewRingAsync(_stage.Platform);
        using var secret = SecretBytes.Random(32);
        var payload = JsonSerializer.SerializeToUtf8Bytes(ring, RecordJson.Default.KeyRing);
        await _stage.WriteAsync(reference.Name, RecordEnvelope.Seal(RecordType.Ring, new PlatformKey(99, secret), payload));

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfReadAsync(reference));
    }

    [Fact]
    public async Task Read_AnotherAuthenticRingInItsPlace_IsTampered()
    {
        var (ring, reference) = await NewRingAsync(_stage.Platform);
        var other = await _stage.Rings.WriteAsync(await _stage.Rings.RewrapAsync(ring, 2, _stage.Platform));
        await _stage.WriteAsync(reference.Name, await _stage.ReadAsync(other.Name));

        Assert.Equal(ErrorCodes.RecordTampered, await CodeOfReadAsync(reference));
    }

    [Fact]
    public async Task Read_RingOfAnotherItem_IsTampered()
    {
        var (_, reference) = await NewRingAsync(_stage.Platform);
        var other = _stage.Item with { ItemId = ItemId.Create() };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Rings.ReadAsync(other, reference));

        Assert.Equal(ErrorCodes.RecordTampered, refusal.Code);
    }

    [Fact]
    public async Task Open_WrappedKeyOfAnotherItem_IsTheWrongKey()
    {
        var kek = await _stage.NewKekAsync();
        var (ring, _) = await NewRingAsync(kek);
        var other = await _stage.Rings.CreateAsync(_stage.Item with { ItemId = ItemId.Create() }, 1, kek, 1);
        var mixed = ring with { Epochs = [ring.Newest with { WrappedDek = other.Newest.WrappedDek }] };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Rings.OpenAsync(mixed, kek.PrincipalId));

        Assert.Equal(ErrorCodes.WrongKey, refusal.Code);
    }

    [Fact]
    public async Task Open_AlteredItemIdKey_IsTampered()
    {
        var (ring, _) = await NewRingAsync(_stage.Platform);
        var sealedKey = ring.Newest.SealedItemIdKey.ToArray();
        sealedKey[^1] ^= 1;
        var altered = ring with { Epochs = [ring.Newest with { SealedItemIdKey = sealedKey }] };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Rings.OpenAsync(altered, ""));

        Assert.Equal(ErrorCodes.DataTampered, refusal.Code);
    }

    [Fact]
    public async Task Open_UnknownAlgorithm_IsRefused()
    {
        var (ring, _) = await NewRingAsync(_stage.Platform);
        var newer = ring with { Epochs = [ring.Newest with { Algorithm = "ML-KEM-1024" }] };

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _stage.Rings.OpenAsync(newer, ""));

        Assert.Equal(ErrorCodes.DataTooNew, refusal.Code);
    }

    [Fact]
    public async Task Rewrap_OldVersionDisabled_IsDeniedAndWritesNothing()
    {
        var (v1, v2) = (await _stage.NewKekAsync(), await _stage.NewKekAsync());
        var (ring, _) = await NewRingAsync(v1);
        await _stage.EnableAsync(v1.KeyId, false);

        var fault = await Assert.ThrowsAsync<KeyVaultException>(() => _stage.Rings.RewrapAsync(ring, 2, v2));

        Assert.Equal(KeyVaultVerdict.Denied, fault.Verdict);
        Assert.Contains(v1.KeyId, fault.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Requirement", "R2")]
    public async Task Rewrap_ToAnotherVersion_ChangesTheWrapAndNothingElse()
    {
        var (v1, v2) = (await _stage.NewKekAsync(), await _stage.NewKekAsync());
        var (before, _) = await NewRingAsync(v1);

        var after = await _stage.Rings.RewrapAsync(before, 2, v2);

        Assert.Equal(await _stage.UnwrapAsync(before), await _stage.UnwrapAsync(after));
        Assert.Equal(DataKey.SizeBytes, (await _stage.UnwrapAsync(after)).Length);
        Assert.Equal(
            (2L, 2L, v2.KeyId, v2.Thumbprint, WrapAlgorithms.RsaOaep256),
            (after.Seq, after.KeyGeneration, after.Newest.KeyId, after.Newest.KeyThumbprint, after.Newest.Algorithm)
        );
        Assert.Equal(before.Newest.Commitment, after.Newest.Commitment);
        Assert.Equal(before.Newest.SealedItemIdKey, after.Newest.SealedItemIdKey);
    }

    [Fact]
    public async Task Open_AfterEachOfManyRewraps_GivesTheSameKeys()
    {
        KeyEncryptionKey[] keks = [_stage.Platform, await _stage.NewKekAsync(), await _stage.NewKekAsync()];
        var (ring, _) = await NewRingAsync(keks[1]);
        var dek = await _stage.UnwrapAsync(ring);

        await Gen.Int[0, keks.Length - 1]
            .Array[1, 6]
            .SampleAsync(
                async choices =>
                {
                    var last = ring;
                    foreach (var choice in choices)
                        last = await _stage.Rings.RewrapAsync(
                            last,
                            last.KeyGeneration + 1,
                            keks[choice] with
                            {
                                PrincipalId = KeyVaultStage.Identity,
                            }
                        );
                    using var secrets = await _stage.Rings.OpenAsync(last, KeyVaultStage.Identity);
                    return secrets.Newest.Secret.Span.SequenceEqual(dek) && last.Seq == 1 + choices.Length;
                },
                iter: TestScale.Iterations(20),
                threads: 1
            );
    }

    [Fact]
    public async Task Open_Twice_UnwrapsOnce()
    {
        var kek = await _stage.NewKekAsync();
        var (ring, _) = await NewRingAsync(kek);
        var calls = _stage.Traffic.Count(KeyVaultStage.Host, "unwrap");

        (await _stage.Rings.OpenAsync(ring, kek.PrincipalId)).Dispose();
        (await _stage.Rings.OpenAsync(ring, kek.PrincipalId)).Dispose();

        Assert.Equal(calls + 1, _stage.Traffic.Count(KeyVaultStage.Host, "unwrap"));
    }

    [Fact]
    public async Task DeleteSuperseded_LostRacesAndForeignNames_LeavesOnlyTheOneInForceAndWhatMayComeNext()
    {
        var (ring, _) = await NewRingAsync(_stage.Platform);
        var second = await _stage.Rings.RewrapAsync(ring, 2, _stage.Platform);
        await _stage.Rings.WriteAsync(second);
        var inForce = await _stage.Rings.WriteAsync(second);
        var next = await _stage.Rings.WriteAsync(second with { Seq = 3 });
        var foreign = $"{ItemBlobs.Rings(_stage.Item.ItemId)}/what is this";
        await _stage.WriteAsync(foreign, [1]);

        await _stage.Rings.DeleteSupersededAsync(_stage.Item, inForce);

        var left = (await _stage.Store.ListAsync("rings/")).Items.Select(i => i.Name);
        Assert.Equal(new[] { inForce.Name, next.Name, foreign }.Order(StringComparer.Ordinal), left);
    }

    [Fact]
    public async Task DeleteUnnamed_ItemWithoutKeys_DeletesWhatIsOfAnOlderGenerationOrUnreadable()
    {
        var (ring, _) = await NewRingAsync(_stage.Platform);
        var mayCome = await _stage.Rings.WriteAsync(ring with { KeyGeneration = 2 });
        await _stage.WriteAsync($"{ItemBlobs.Rings(_stage.Item.ItemId)}/0000000000000001-ffffffffffffffff", [1, 2, 3]);

        await _stage.Rings.DeleteUnnamedAsync(_stage.Item, 2);

        Assert.Equal(mayCome.Name, (await _stage.Store.ListAsync("rings/")).Items.Single().Name);
    }
}
