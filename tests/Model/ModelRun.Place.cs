using System.Text.Json;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    /// <summary>In steps in which the cluster can follow while something is under way, and no further than an outage lasts.</summary>
    private async Task AdvanceAsync(TimeSpan span)
    {
        var end = Now + span;
        while (Now < end)
        {
            var left = end - Now;
            if (_pending.Count > 0)
                left = TimeSpan.FromTicks(Math.Min(left.Ticks, TimeSpan.FromMinutes(4).Ticks));
            cluster.Time.Advance(left);
            if (_pending.Count > 0 && (span > TimeSpan.FromMinutes(11)))
            {
                // Too far for whatever is under way: that may go on or end, and is not worth the time.
                Trouble();
                cluster.Time.Advance(end - Now);
            }
            Trouble();
            await Vault.Vault.GetAsync();
        }
        EndOutages(all: false);
    }

    private Task SkewAsync(Step step)
    {
        TimeSpan[] skews =
        [
            TimeSpan.Zero,
            TimeSpan.FromMinutes(5),
            TimeSpan.FromMinutes(-5),
            TimeSpan.FromHours(1),
            TimeSpan.FromHours(-1),
            TimeSpan.FromDays(2),
            TimeSpan.FromDays(-2),
            TimeSpan.FromDays(3650),
        ];
        cluster.Skew(step.A, skews[step.B % skews.Length]);
        tally.Meet(Situation.ClockWrong);
        return Task.CompletedTask;
    }

    /// <summary>From now on each grain has a second activation, and both are used; first of all both at once.</summary>
    private async Task DuplicateAsync(Step step)
    {
        await cluster.EnsureTwinAsync();
        _isDuplicated = true;
        Trouble();
        var item = ItemOf(step);
        var twin = cluster.TwinClient!;
        await Outcome.OfAsync(() => twin.OpenItem(item.Key).GetAsync());
        foreach (
            var outcome in await Task.WhenAll(
                Outcome.OfAsync(() => VaultClient.SyncAsync(Vault)),
                Outcome.OfAsync(() => VaultClient.SyncAsync(twin.Open(VaultId)))
            )
        )
            Judge("One of two syncs", outcome, ForSync([]));
    }

    private async Task KillSiloAsync(Step step)
    {
        _isDeadly = true;
        var isPending = _pending.Count > 0;
        Trouble();
        await cluster.KillSiloAsync(step.A);
        _isDenialKnown = false;
        tally.Meet(Situation.SiloKilled);
        await SettleAsync();
        if (!isPending)
            return;
        await FinishBackUpsAsync();
        tally.Meet(Situation.BackupKilled);
    }

    private async Task RebootAsync()
    {
        _isDeadly = true;
        Trouble();
        await cluster.RebootAsync();
        _isDenialKnown = _isDuplicated = false;
        tally.Meet(Situation.Rebooted);
        await FinishBackUpsAsync();
        await SettleAsync();
    }

    /// <summary>Calls until every grain is found again.</summary>
    private async Task SettleAsync()
    {
        // The client's connections come back by the real clock: a gateway that was killed is tried again after a second.
        for (var since = TimeProvider.System.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System))
        {
            var outcome = await Outcome.OfAsync(async () =>
            {
                await Vault.Vault.GetAsync();
                await Vault.Activity.ListAsync(new(Count: 1));
                foreach (var item in Items.Values)
                    await cluster.Client.OpenItem(item.Key).GetAsync();
            });
            if (outcome.IsSuccess)
                return;
            if (TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(30))
                throw new InvariantBrokenException($"The cluster does not come back: {outcome.Error}");
        }
    }

    /// <summary>
    /// The record as it was some changes ago, brought back by whoever owns the store. Who believes it may work on from it, and clear away
    /// what only the newer one names: so the store is put back as a whole.
    /// </summary>
    private async Task RestoreOldRecordAsync(ItemLedger item, Step step)
    {
        if (_pending.Count > 0 || item.OldRecords.Count < 2)
            return;
        await DeactivateAsync();
        var before = cluster.Blobs.Copy();
        var name = GrainRecords.ItemBlob(item.Key);
        var (current, old) = ((await before.GetAsync(name))!.Content.ToArray(), item.OldRecords[step.B % item.OldRecords.Count]);
        await WriteRawAsync(name, old);
        await Invariants.I14_NoRollback_Record(this, item, Parse(current), Parse(old), tally);
        await PutStoreBackAsync(before);
    }

    /// <summary>
    /// A pass over the items goes on with nobody waiting for it. One that began before would work on from what is no longer there, and
    /// leave what contradicts the records: so whoever knows the other store is ended, and whatever he still wrote is taken back.
    /// </summary>
    private async Task PutStoreBackAsync(MemoryBlobStore before)
    {
        for (var attempt = 1; attempt == 1 || !cluster.Blobs.IsStill(before); attempt++)
        {
            if (attempt > 100)
                throw new InvalidOperationException("Somebody never stops writing.");
            cluster.Blobs.Become(before);
            await DeactivateAsync();
        }
    }

    private static ItemRecord Parse(byte[] json) => JsonSerializer.Deserialize(json, RecordJson.Default.ItemRecord)!;

    private MemoryBlobStore? _snapshot;

    private int _ackedAtSnapshot;

    /// <summary>The whole store as it was: nothing in it can contradict, so only receipts tell.</summary>
    private async Task RestoreOldStorageAsync(Step step)
    {
        if (_pending.Count > 0)
            return;
        if (_snapshot is not { } snapshot)
        {
            await DeactivateAsync();
            (_snapshot, _ackedAtSnapshot) = (cluster.Blobs.Copy(), Items.Values.Sum(i => i.Points.Count));
            return;
        }
        await DeactivateAsync();
        var current = cluster.Blobs.Copy();
        cluster.Blobs.Become(snapshot);
        if (Items.Values.Sum(i => i.Points.Count) > _ackedAtSnapshot)
        {
            await Invariants.I14_NoRollback_Receipts(this);
            tally.Meet(Situation.OldStorageSeenByReceipts);
        }
        await PutStoreBackAsync(current);
        _snapshot = null;
    }
}
