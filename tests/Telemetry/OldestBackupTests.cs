using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>The backup that is oldest: what a look finds, and that it reads what has changed and nothing else.</summary>
public sealed class OldestBackupTests : IDisposable
{
    private const int MostReadsAtOnce = 16;

    private readonly FakeTimeProvider _time = new(new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly ObservedGauges _gauges = new();
    private readonly MemoryBlobStore _inner;
    private readonly LookedAtStore _store;
    private readonly OldestBackup _backups;

    public OldestBackupTests()
    {
        _inner = new MemoryBlobStore(_time);
        _store = new LookedAtStore(_inner);
        _backups = new OldestBackup(_store, _time);
    }

    public void Dispose()
    {
        _backups.Forget();
        _gauges.Dispose();
    }

    private (double Days, double With, double Without) Found =>
        (
            Math.Round(TimeSpan.FromSeconds(_gauges["rvault.items.oldest_backup.age"]).TotalDays),
            _gauges["rvault.items.protected yes"],
            _gauges["rvault.items.protected no"]
        );

    [Fact]
    public async Task Look_StoreStopsAnsweringOnItsWay_LeavesWhatWasFoundBefore()
    {
        var name = await PutAsync(daysAgo: 3);
        await _backups.LookAsync();
        await PutAsync(daysAgo: 9);
        await PutAsync(daysAgo: 8, name);
        _store.FailsAfter = 1;

        await Assert.ThrowsAsync<BlobStoreException>(() => _backups.LookAsync());

        Assert.Equal((3, 1, 0), Found);
        _store.FailsAfter = int.MaxValue;
        await _backups.LookAsync();
        Assert.Equal((9, 2, 0), Found);
    }

    [Fact]
    public async Task Look_RecordDamagedSince_LeavesItOut_UntilItIsMended()
    {
        var name = await PutAsync(daysAgo: 70);
        await PutAsync(daysAgo: 2);
        await _backups.LookAsync();

        await _inner.PutTextAsync(name, "{ damaged");
        await _backups.LookAsync();
        Assert.Equal((2, 1, 0), Found);

        await PutAsync(daysAgo: 69, name);
        await _backups.LookAsync();
        Assert.Equal((69, 2, 0), Found);
    }

    [Fact]
    public async Task Look_RecordNotListedAnyMore_ForgetsIt()
    {
        var name = await PutAsync(daysAgo: 70);
        await PutAsync(daysAgo: 2);
        await _backups.LookAsync();
        Assert.Equal((70, 2, 0), Found);

        await _inner.DeleteAsync(name);
        await _backups.LookAsync();

        Assert.Equal((2, 1, 0), Found);
    }

    [Fact]
    public async Task Look_RecordGoneBetweenListingAndReading_LeavesItOut()
    {
        var name = await PutAsync(daysAgo: 70);
        _store.BeforeGet = _ => _inner.DeleteAsync(name);

        await _backups.LookAsync();

        Assert.Equal(-1, _gauges["rvault.items.oldest_backup.age"]);
        Assert.Equal((0, 0), (Found.With, Found.Without));
    }

    [Fact]
    public async Task Look_ListingWithoutETags_ReadsAgainWhatTimesDoNotShow()
    {
        _store.HidesETags = true;
        await PutAsync(daysAgo: 3);
        await _backups.LookAsync();
        // As long and as old as before: a minute has not passed, so time and length prove nothing.
        await PutAsync(daysAgo: 5, (await _inner.ListAsync("")).Items.Single().Name);
        await _backups.LookAsync();
        Assert.Equal((5, 1, 0), Found);

        _time.Advance(TimeSpan.FromSeconds(61));
        await _backups.LookAsync();
        Assert.Equal(3, _store.Gets);
        await _backups.LookAsync();
        Assert.Equal(3, _store.Gets);
    }

    [Fact]
    public async Task Look_NothingOrOneChanged_ReadsNothingOrThatOne()
    {
        for (var i = 0; i < 20; i++)
            await PutAsync(daysAgo: 2);
        var name = await PutAsync(daysAgo: 70);
        await _backups.LookAsync();
        Assert.Equal(21, _store.Gets);

        await _backups.LookAsync();
        Assert.Equal((21, (70, 21, 0)), (_store.Gets, Found));

        await PutAsync(daysAgo: 1, name);
        await _backups.LookAsync();
        Assert.Equal((22, (2, 21, 0)), (_store.Gets, Found));
    }

    [Fact]
    public async Task Look_AnotherSiloLooked_BeginsAnew()
    {
        await PutAsync(daysAgo: 7);
        await _backups.LookAsync();

        _backups.Forget();

        Assert.Equal(-1, _gauges["rvault.items.oldest_backup.age"]);
        await _backups.LookAsync();
        Assert.Equal((2, (7, 1, 0)), (_store.Gets, Found));
    }

    [Fact]
    public async Task Look_ManyToRead_ReadsABoundedNumberAtOnce()
    {
        for (var i = 0; i < 100; i++)
            await PutAsync(daysAgo: i);
        _store.BeforeGet = async _ => await Task.Yield();

        await _backups.LookAsync();

        Assert.Equal((100, (99, 100, 0)), (_store.Gets, Found));
        Assert.InRange(_store.MostAtOnce, 1, MostReadsAtOnce);
    }

    [Fact]
    public async Task Look_OfProtectedItemsOnly_IsTheOneThatHasWaitedLongest()
    {
        var now = _time.GetUtcNow();
        var record = new ItemStage().Record;
        var settings = record.RequireSettings() with { CreatedAt = now - TimeSpan.FromDays(100) };
        var head = ItemStage.Head(1, ItemRecord.NoHead, ItemRecord.NoHead) with { Time = now - TimeSpan.FromDays(70) };
        await PutAsync(record with { Settings = settings, Heads = [head] });
        await PutAsync(record with { Settings = settings with { CreatedAt = now - TimeSpan.FromDays(60) } });
        await PutAsync((record with { Settings = settings }).StopProtection());
        await PutAsync(record with { Settings = null });
        await _inner.PutTextAsync(NewName(), "{ damaged");

        await _backups.LookAsync();

        Assert.Equal(70, TimeSpan.FromSeconds(_gauges["rvault.items.oldest_backup.age"]).TotalDays, 3);
        Assert.Equal((70, 1, 1), Found);
    }

    private static string NewName() => GrainRecords.ItemBlob(new ItemKey(VaultId.Create(), ItemId.Create()));

    private Task<string> PutAsync(int daysAgo, string? name = null)
    {
        var head = ItemStage.Head(1, ItemRecord.NoHead, ItemRecord.NoHead) with { Time = _time.GetUtcNow() - TimeSpan.FromDays(daysAgo) };
        return PutAsync(new ItemStage().Record with { Heads = [head] }, name);
    }

    private async Task<string> PutAsync(ItemRecord record, string? name = null)
    {
        name ??= NewName();
        await _inner.PutTextAsync(name, JsonSerializer.Serialize(record, RecordJson.Default.ItemRecord));
        return name;
    }
}
