using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>Gauges of what goes on for long: rotations, owed notes, and the backup that is oldest.</summary>
public sealed class ProgressMeterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Rotation_FromItsStartToItsEnd_IsOfAnAgeAndAState()
    {
        using var gauges = new ObservedGauges();
        var (vault, since) = (VaultId.Create(), _time.GetUtcNow() - TimeSpan.FromDays(1000));
        RotationMeter.Report(vault, since, 1_000_000, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 1_000_000, 2_000_000);
        Assert.Equal(1000, TimeSpan.FromSeconds(gauges["rvault.rotation.oldest.age"]).TotalDays, 3);
        var running = gauges["rvault.rotation.vaults running"];

        RotationMeter.Halt(vault, since, RotationMeter.Blocked, _time);
        Assert.Equal(running - 1, gauges["rvault.rotation.vaults running"]);
        Assert.InRange(gauges["rvault.rotation.items_left"], 1_000_000, 2_000_000);
        Assert.InRange(gauges["rvault.rotation.vaults blocked"], 1, 100);

        RotationMeter.Report(vault, since, 0, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 0, 999_999);
    }

    [Fact]
    public void Rotation_NotHeardOfAnyMore_IsAnotherSilos()
    {
        using var gauges = new ObservedGauges();
        RotationMeter.Report(VaultId.Create(), null, 5_000_000, _time);
        Assert.InRange(gauges["rvault.rotation.items_left"], 5_000_000, 6_000_000);

        _time.Advance((3 * PollRules.Period) + TimeSpan.FromSeconds(1));

        Assert.InRange(gauges["rvault.rotation.items_left"], 0, 4_999_999);
    }

    [Fact]
    public void Notes_ThatCannotBePaid_AreOwedUntilTheyAre()
    {
        using var gauges = new ObservedGauges();
        OwedMeter.Tried("v", 3000, _time);
        Assert.InRange(gauges["rvault.notes.owed"], 3000, 3999);

        OwedMeter.Tried("v", 0, _time);

        Assert.InRange(gauges["rvault.notes.owed"], 0, 2999);
    }

    [Fact]
    public async Task OldestBackup_OfProtectedItemsOnly_IsTheOneThatHasWaitedLongest()
    {
        using var gauges = new ObservedGauges();
        var store = new MemoryBlobStore();
        var now = _time.GetUtcNow();
        var record = new ItemStage().Record;
        var settings = record.RequireSettings() with { CreatedAt = now - TimeSpan.FromDays(100) };
        var head = ItemStage.Head(1, ItemRecord.NoHead, ItemRecord.NoHead) with { Time = now - TimeSpan.FromDays(70) };
        await PutAsync(store, record with { Settings = settings, Heads = [head] });
        await PutAsync(store, record with { Settings = settings with { CreatedAt = now - TimeSpan.FromDays(60) } });
        await PutAsync(store, (record with { Settings = settings }).StopProtection());
        await PutAsync(store, record with { Settings = null });
        await store.PutTextAsync(GrainRecords.ItemBlob(new ItemKey(VaultId.Create(), ItemId.Create())), "{ damaged");

        await OldestBackup.LookAsync(store, _time);

        Assert.Equal(70, TimeSpan.FromSeconds(gauges["rvault.items.oldest_backup.age"]).TotalDays, 3);
        Assert.Equal((1, 1), (gauges["rvault.items.protected yes"], gauges["rvault.items.protected no"]));
        OldestBackup.Forget();
        Assert.Equal(-1, gauges["rvault.items.oldest_backup.age"]);
    }

    private static Task<string> PutAsync(MemoryBlobStore store, ItemRecord record) =>
        store.PutTextAsync(
            GrainRecords.ItemBlob(new ItemKey(VaultId.Create(), ItemId.Create())),
            JsonSerializer.Serialize(record, RecordJson.Default.ItemRecord)
        );
}
