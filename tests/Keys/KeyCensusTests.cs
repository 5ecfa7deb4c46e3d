using System.Text.Json;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Tests.Keys;

public sealed class KeyCensusTests : IAsyncLifetime
{
    private KeyRingStage _stage = null!;

    public async Task InitializeAsync() => _stage = await KeyRingStage.CreateAsync();

    public Task DisposeAsync()
    {
        _stage.Dispose();
        return Task.CompletedTask;
    }

    private KeyCensus Census => new(_stage.Store, _stage.Records);

    private Task<IReadOnlyList<ItemKeyUse>> TakeAsync(params ItemId[] roster) => Census.TakeAsync(_stage.Item.VaultId, roster);

    private async Task<RecordRef> WriteRingAsync(string keyId, long seq = 1)
    {
        var ring = await _stage.Rings.CreateAsync(_stage.Item, 1, _stage.Platform, seq);
        return await _stage.Rings.WriteAsync(ring with { Epochs = [ring.Newest with { KeyId = keyId }] });
    }

    private Task WriteRecordAsync(ItemKey key, long generation) =>
        _stage.WriteAsync(
            GrainRecords.ItemBlob(key),
            JsonSerializer.SerializeToUtf8Bytes(ItemRecord.Enrolled(key, generation), RecordJson.Default.ItemRecord)
        );

    [Fact]
    public async Task Take_EnrolledItemWithoutAnything_HasNoGeneration()
    {
        var use = Assert.Single(await TakeAsync(_stage.Item.ItemId));

        Assert.Null(use.Generation);
        Assert.Empty(use.KeyIds);
    }

    [Fact]
    public async Task Take_OrphanedRing_Counts()
    {
        await WriteRecordAsync(_stage.Item, 3);
        await WriteRingAsync("platform:1");
        await WriteRingAsync("platform:2", seq: 2);

        var use = Assert.Single(await TakeAsync(_stage.Item.ItemId));

        Assert.Equal(3, use.Generation);
        Assert.Equal(["platform:1", "platform:2"], use.KeyIds.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Take_RecordThatTheRosterDoesNotName_IsFound()
    {
        await WriteRecordAsync(_stage.Item, 1);

        Assert.Equal(_stage.Item.ItemId, Assert.Single(await TakeAsync()).ItemId);
    }

    [Fact]
    public async Task Take_DamagedRing_IsCountedAndTheRestIsSeen()
    {
        var (first, _) = (await WriteRingAsync("platform:1"), await WriteRingAsync("platform:2", seq: 2));
        var content = await _stage.ReadAsync(first.Name);
        content[content.Length / 2] ^= 1;
        await _stage.WriteAsync(first.Name, content);

        var use = Assert.Single(await TakeAsync(_stage.Item.ItemId));

        Assert.Equal(1, use.UnreadableRings);
        Assert.Equal(["platform:2"], use.KeyIds);
    }

    [Fact]
    public async Task Take_DamagedRecord_StandsForNoGeneration()
    {
        await _stage.WriteAsync(GrainRecords.ItemBlob(_stage.Item), "{ oops"u8.ToArray());

        Assert.Null(Assert.Single(await TakeAsync(_stage.Item.ItemId)).Generation);
    }
}
