using RecoveryVault.Activity;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Tests.Model;

/// <summary>What a year is made of.</summary>
/// <param name="Seed">Draws the same troubles again.</param>
internal sealed record Calendar(int Seed, int Days, int Items);

/// <summary>What was done in a year.</summary>
internal sealed class YearFigures
{
    public int Backups { get; set; }

    public int BackupsRefused { get; set; }

    public int Rotations { get; set; }

    public int Outages { get; set; }

    public int Revocations { get; set; }

    public int Restarts { get; set; }

    public int Restores { get; set; }

    public int Deletions { get; set; }

    public int Expired { get; set; }

    public int Purged { get; set; }

    public override string ToString() =>
        $"{Backups} backups ({BackupsRefused} refused), {Rotations} rotations, {Outages} outages, {Revocations} revocations, {Restarts} restarts, "
        + $"{Deletions} deletions, {Expired} expired, {Purged} purged, {Restores} restores compared";
}

internal sealed partial class ModelRun
{
    private readonly List<(DateTimeOffset At, Func<Task> Heal)> _troubles = [];
    private readonly Dictionary<(string Operation, JobStatus Status), int> _jobsOfTheDay = [];
    private long _lastEntry;
    private DateTimeOffset _dayBegan;

    public YearFigures Figures { get; } = new();

    /// <summary>Day after day what a team does, with what happens to it; each evening the books must balance.</summary>
    public async Task RunYearAsync(Calendar calendar)
    {
        _isLoggedDaily = true;
        await SetUpAsync([.. Enumerable.Range(1, calendar.Items).Select(i => $"item{i:00}")]);
        // Some keep everything for ever: more points than a record holds.
        foreach (var item in Items.Values.Skip(1 + (calendar.Items / 10)))
            await AssignPolicyAsync(item, follows: true);
        _lastEntry = await LastEntryAsync();
        for (var day = 1; day <= calendar.Days; day++)
        {
            Where = $"day {day}, {Now:u}";
            // What was done in the last moment of a day is not of the next one.
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            (_dayBegan, _isDeadly) = (Now, false);
            _jobsOfTheDay.Clear();
            await PlanTroubleAsync(day);
            await LiveADayAsync(day);
            await BalanceAsync();
        }
        Where = "the year's end";
        await CloseTheYearAsync();
    }

    private async Task CloseTheYearAsync()
    {
        await HealAsync();
        await Invariants.I8_Convergence(this);
        foreach (var item in Items.Values)
            await ObserveAsync(item);
        await ListKeyVersionsAsync();
        await DisableEverySafeVersionAsync();
        await Invariants.I1_Readable(this);
        Figures.Restores += Items.Values.Sum(i => i.Available.Count());
        await Invariants.I17_AuditComplete(this);
        await Invariants.I11_Loud(this);
    }

    private double Fraction() => _dice.Next(1 << 20) / (double)(1 << 20);

    private bool Happens(double likelihood) => Fraction() < likelihood;

    /// <summary>
    /// An outage of minutes to days, a revocation in one of its three ways, a silo that goes: each healed when its time has come.
    /// </summary>
    private async Task PlanTroubleAsync(int day)
    {
        var ends = Now.AddHours(1 + Math.Pow(Fraction(), 3) * 70);
        if (day % 30 == 15)
        {
            await NewVersionAsync(Key);
            Figures.Rotations++;
        }
        if (Happens(0.04) && Key.Outage is null)
        {
            await BeginOutageAsync(new Step(Operation.KvOutage, _dice.Next(3), 0, 0));
            Key.OutageEnds = ends;
            Figures.Outages++;
        }
        if (Happens(0.03) && _troubles.Count == 0)
        {
            Figures.Revocations++;
            _troubles.Add((ends, await RevokeAsync(_dice.Next(3))));
        }
        if (Happens(0.02))
        {
            await KillSiloAsync(new Step(Operation.KillSilo, _dice.Next(2), 0, 0));
            Figures.Restarts++;
        }
        if (Happens(0.005))
        {
            await RebootAsync();
            Figures.Restarts++;
        }
        _isDeadly = false;
    }

    private async Task<Func<Task>> RevokeAsync(int way)
    {
        switch (way)
        {
            case 0:
                var version = VersionOf((await ReadVaultAsync()).Settings.Encryption.Current.KeyId)!;
                await SetEnabledAsync(version, enabled: false);
                return () => SetEnabledAsync(version, enabled: true);
            case 1:
                await DeleteKeyAsync();
                return RecoverAsync;
            default:
                await GrantAsync(Key, granted: false);
                return () => GrantAsync(Key, granted: true);
        }
    }

    private async Task HealDueAsync()
    {
        foreach (var trouble in _troubles.Where(t => t.At <= Now).ToList())
        {
            _troubles.Remove(trouble);
            await trouble.Heal();
        }
    }

    /// <summary>Hour by hour while something is going on, else in four jumps: nothing but looks would come between.</summary>
    private async Task LiveADayAsync(int day)
    {
        var hours = day % 30 == 15 || _troubles.Count > 0 || !Keys.AreAllHealthy ? 1 : 6;
        for (var hour = hours; hour <= 24; hour += hours)
        {
            await AdvanceAsync(TimeSpan.FromHours(hours));
            await HealDueAsync();
            await TickOnceAsync(hour, onTwin: false);
            if (hour == 6)
                await BackUpAllAsync();
            else if (hour == 12)
                await ChangeSomethingAsync();
            else if (hour == 18)
                await RestoreSomeAsync();
            else if (hour == 24 && day % 7 == 0)
                await ReclaimAllAsync();
        }
        // As soon as a version is called safe it is disabled.
        if (Key.Versions.Count > 1 && (day % 30 is > 15 and < 20))
            await DisableSafeAsync(new Step(Operation.KvDisableSafe, 0, 0, 0));
    }

    private async Task BackUpAllAsync()
    {
        foreach (var item in Items.Values)
        {
            await BackUpAsync(item, cluster.Client, Happens(0.02) ? Now.AddDays(1 + _dice.Next(60)) : null);
            NoteJob(JobOperations.Backup);
            if (_last.IsSuccess)
                Figures.Backups++;
            else
                Figures.BackupsRefused++;
        }
    }

    private void NoteJob(string operation) => NoteJob(operation, _last.IsSuccess ? JobStatus.Completed : JobStatus.Failed);

    private void NoteJob(string operation, JobStatus status) =>
        _jobsOfTheDay[(operation, status)] = _jobsOfTheDay.GetValueOrDefault((operation, status)) + 1;

    private async Task ChangeSomethingAsync()
    {
        var item = Items.Values.ElementAt(_dice.Next(Items.Count));
        var points = item.Points.Values.Where(p => !p.Is(PointStates.Purged)).ToList();
        if (points.Count > 0 && Happens(0.3))
            await DeleteAsync(item, points[_dice.Next(points.Count)]);
        if (points.Count > 0 && Happens(0.2))
            await UndeleteAsync(item, points[_dice.Next(points.Count)]);
        if (Is(item, ProtectionState.Protected) && Happens(0.02))
            await DeleteWholeAsync(item);
        foreach (var deleted in Items.Values.Where(i => Is(i, ProtectionState.SoftDeleted) && Happens(0.3)).ToList())
            await HaveBackAsync(deleted);
    }

    private async Task DeleteAsync(ItemLedger item, PointLedger point)
    {
        var isNew = point.Is(PointStates.Available);
        await DeletePointAsync(item, point, cluster.Client);
        if (!isNew || !_last.IsSuccess)
            return;
        NoteJob(JobOperations.DeleteBackupData);
        Figures.Deletions++;
    }

    private async Task UndeleteAsync(ItemLedger item, PointLedger point)
    {
        var isDeleted = point.Is(PointStates.SoftDeleted);
        await UndeletePointAsync(item, point, cluster.Client);
        if (isDeleted && _last.IsSuccess)
            NoteJob(JobOperations.Undelete);
    }

    private async Task DeleteWholeAsync(ItemLedger item)
    {
        await DeleteItemAsync(item, cluster.Client);
        if (!_last.IsSuccess)
            return;
        NoteJob(JobOperations.DeleteBackupData);
        Figures.Deletions++;
    }

    private async Task HaveBackAsync(ItemLedger item)
    {
        await UndeleteItemAsync(item, cluster.Client);
        NoteJob(JobOperations.Undelete);
        await ProtectAsync(item.Name);
        NoteJob(JobOperations.ConfigureBackup);
    }

    private async Task RestoreSomeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var points = Items.Values.SelectMany(item => item.Available.Select(p => (item, p))).ToList();
            if (points.Count == 0)
                return;
            var (chosen, point) = points[_dice.Next(points.Count)];
            await RestoreAsync(chosen, point, cluster.Client);
            NoteJob(JobOperations.Restore);
            Figures.Restores += _last.IsSuccess ? 1 : 0;
        }
    }

    private async Task ReclaimAllAsync()
    {
        foreach (var item in Items.Values)
        {
            // What nobody can say for certain yet is left for the next week.
            if (await IsKeptByFormerRulesAsync(item) is { } isKept)
                await ExpireAsync(item, isKept);
            var before = item.Points.Values.Count(p => p.Is(PointStates.Purged));
            await ReclaimAsync(item, cluster.Client);
            NoteJob(JobOperations.ReclaimSpace);
            await ObserveAsync(item);
            Figures.Purged += item.Points.Values.Count(p => p.Is(PointStates.Purged)) - before;
        }
        _toObserve = null;
    }

    private async Task ExpireAsync(ItemLedger item, bool isKept)
    {
        var mayExpire = item.FollowsPolicy is true && Is(item, ProtectionState.Protected);
        var due = mayExpire && !isKept ? item.Expiring(Now, Keep).Count : 0;
        await ExpireAsync(item, cluster.Client);
        if (due > 0)
            NoteJob(JobOperations.ExpireRecoveryPoints);
        Figures.Expired += _last.IsSuccess ? due : 0;
    }

    /// <summary>In the evening: points, jobs and log entries are what the day was.</summary>
    private async Task BalanceAsync()
    {
        await Invariants.I3_Monotone(this, _marks);
        foreach (var item in Items.Values)
        {
            await Invariants.I4_AtomicItem(this, item);
            await ObserveAsync(item);
            await Invariants.Points_NameTheirKeys(this, item);
        }
        var jobs = new List<JobSummary>();
        await foreach (var job in VaultClient.AllAsync(page => Vault.Jobs.ListAsync(new JobQuery(null, null, page))))
        {
            if (job.StartTime < _dayBegan)
                break;
            jobs.Add(job);
        }
        Invariants.Jobs_AreTheDays(jobs, _jobsOfTheDay);
        var entries = new List<ActivityEntry>();
        await foreach (var entry in VaultClient.AllAsync(Vault.Activity.ListAsync))
        {
            if (entry.Seq <= _lastEntry)
                break;
            entries.Add(entry);
        }
        Invariants.Entries_AreTheJobs(jobs, entries);
        _lastEntry = entries.Count > 0 ? entries[0].Seq : _lastEntry;
    }

    private async Task<long> LastEntryAsync() => (await Vault.Activity.ListAsync(new PageRequest(null, 1))).Items[0].Seq;
}
