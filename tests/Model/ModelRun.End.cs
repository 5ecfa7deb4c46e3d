using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Rotation;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private readonly Watermarks _marks = new();

    /// <summary>By the real clock; a pass over a run's few items takes milliseconds.</summary>
    private static readonly TimeSpan PassPatience = TimeSpan.FromSeconds(5);
    private long _finished;

    /// <summary>After every step, as it lies in the store.</summary>
    private async Task CheckAlwaysAsync()
    {
        await Invariants.I3_Monotone(this, _marks);
        var encryption = (await ReadVaultAsync()).Settings.Encryption;
        if (encryption.Previous is null && encryption.Current.Generation > _finished)
        {
            if (_finished > 0)
                tally.Meet(Situation.RotationFinished);
            _finished = encryption.Current.Generation;
        }
        foreach (var item in Items.Values)
        {
            await Invariants.I4_AtomicItem(this, item);
            await RememberRecordAsync(item);
        }
    }

    private async Task RememberRecordAsync(ItemLedger item)
    {
        if (await cluster.Blobs.GetAsync(GrainRecords.ItemBlob(item.Key)) is not { } blob)
            return;
        var content = blob.Content.ToArray();
        if (item.OldRecords.Count == 0 || !item.OldRecords[^1].AsSpan().SequenceEqual(content))
            item.OldRecords.Add(content);
    }

    /// <summary>What is listed must be what the ledger allows; then the ledger knows which of it.</summary>
    public async Task ObserveAsync(ItemLedger item)
    {
        if (_isDuplicated || _isDeadly)
            await DeactivateAsync(item);
        var grain = cluster.Client.OpenItem(item.Key);
        var summary = await grain.GetAsync();
        if (!item.States.Contains(summary.State))
            throw new InvariantBrokenException($"I5 AckDurable: '{item.Name}' is {summary.State}, not {string.Join(" or ", item.States)}.");
        item.States = [summary.State];
        item.FollowsPolicy = summary.Policy is not null;
        var listed = await VaultClient.AllAsync(grain.ListRecoveryPointsAsync).ToDictionaryAsync(p => p.Seq);
        foreach (var point in item.Points.Values)
            Invariants.I5_I16_ListedAsKnown(item, point, listed.GetValueOrDefault(point.Seq), Now);
        Invariants.I6_SingleWinner_Chain(item, listed);
        if (listed.Keys.All(item.Points.ContainsKey))
            ForgetUnclear(item);
        else if (Keys.AreAllHealthy)
            await RecogniseAsync(item, [.. listed.Values.Where(p => !item.Points.ContainsKey(p.Seq))]);
    }

    private void ForgetUnclear(ItemLedger item)
    {
        if (!_pending.ContainsKey(item))
            item.Unclear.Clear();
    }

    /// <summary>A point nobody was promised: it must be whole, one of those whose answer was lost.</summary>
    private async Task RecogniseAsync(ItemLedger item, List<RecoveryPointSummary> unknown)
    {
        foreach (var receipt in unknown.Where(p => p.State == RecoveryPointState.Available))
        {
            var (outcome, content) = await ReadAsync(cluster.Client, item, receipt.Name);
            var known = item.Unclear.FirstOrDefault(c => content is not null && c.AsSpan().SequenceEqual(content));
            if (known is null)
                throw new InvariantBrokenException($"I5 AckDurable: '{item.Name}' {receipt.Seq} was never backed up so ({outcome}).");
            item.Unclear.Remove(known);
            item.Points[receipt.Seq] = new PointLedger(receipt, known);
            Owe("Backup", receipt.Name, isCertain: false);
            tally.Meet(Situation.DoneThoughRefused);
        }
        ForgetUnclear(item);
    }

    /// <summary>Everything is put right; then everything must be well.</summary>
    public async Task EndAsync()
    {
        await FinishBackUpsAsync();
        await HealAsync();
        await Invariants.I8_Convergence(this);
        foreach (var item in Items.Values)
            await ObserveAsync(item);
        await Invariants.I1_Readable(this);
        await ListKeyVersionsAsync();
        await DisableEverySafeVersionAsync();
        await Invariants.I1_Readable(this);
        await Invariants.I17_AuditComplete(this);
        await Invariants.I11_Loud(this);
        await Invariants.I18_NoSecretAtRest(this);
    }

    /// <summary>Whoever had lost something gets it back.</summary>
    private async Task HealAsync()
    {
        _armed = null;
        cluster.Unskew();
        await RecoverAsync();
        foreach (var key in Keys.Keys)
            await GrantAsync(key, granted: true);
        EndOutages(all: true);
        foreach (var version in Keys.Keys.SelectMany(k => k.Disabled).ToList())
            await SetEnabledAsync(version, enabled: true);
        if (_isDuplicated)
            await DeactivateAsync();
        _isDuplicated = false;
    }

    /// <summary>Two poll periods pass in which nothing is wrong.</summary>
    public async Task ConvergeAsync()
    {
        for (var period = 0; period < 2; period++)
        {
            cluster.Time.Advance(PollRules.Period);
            for (var tick = 0; tick < 2; tick++)
            {
                await cluster.TickAsync(Schedule, tick);
                await AwaitPassAsync();
            }
        }
    }

    /// <summary>A tick begins a pass and does not wait for it: on a busy machine two periods are over before it is.</summary>
    private async Task AwaitPassAsync()
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < PassPatience; )
        {
            if ((await ReadVaultAsync()).Settings.Encryption.Previous is null)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private async Task DisableEverySafeVersionAsync()
    {
        foreach (var version in _calledSafe.Where(v => !Keys.Of(v).Disabled.Contains(v)).ToList())
            await SetEnabledAsync(version, enabled: false);
        await DeactivateAsync();
        // Nothing is remembered anywhere.
        cluster.Time.Advance(DekCache.TimeToLive);
        Keys.Look(Now);
    }
}
