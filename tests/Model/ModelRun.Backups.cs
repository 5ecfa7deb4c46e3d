using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private readonly Dictionary<ItemLedger, PendingBackup> _pending = [];

    /// <summary>A backup under way.</summary>
    private sealed record PendingBackup(byte[] Content, GatedStream Stream, Task<BackupReport> Task, Involved Before)
    {
        /// <summary>Something happened meanwhile that may end it.</summary>
        public bool IsTroubled { get; set; }
    }

    /// <summary>Whatever is under way may fail from now on.</summary>
    private void Trouble()
    {
        foreach (var pending in _pending.Values)
            pending.IsTroubled = true;
    }

    private async Task BackUpAsync(ItemLedger item, VaultClient client, DateTimeOffset? retain)
    {
        var (content, before) = (NewContent(), await LookAsync(item));
        BackupReport? report = null;
        var outcome = await Outcome.OfAsync(async () => report = await BackUpAsync(client, item, new MemoryStream(content), retain));
        var expected = ForBackUp(item, before, await LookAsync(item));
        if (retain is not null && cluster.IsSkewed)
            expected.May(ErrorCodes.InvalidRequest);
        Judge($"A backup of '{item.Name}'", outcome, expected);
        NoteBackUp(item, content, outcome, report);
        if (_isDuplicated && _pending.TryGetValue(item, out var other))
            other.IsTroubled = true;
    }

    private static Task<BackupReport> BackUpAsync(VaultClient client, ItemLedger item, Stream content, DateTimeOffset? retain) =>
        client.BackUpAsync(client.OpenItem(item.Key), new BackupOptions { OpenStream = () => content, RetainUntil = retain });

    private Expectation ForBackUp(ItemLedger item, Involved before, Involved after)
    {
        var expected = ForWriting(before, after);
        expected.When(
            item.States.Any(s => s != ProtectionState.Protected),
            !item.States.Contains(ProtectionState.Protected),
            ErrorCodes.ProtectionStopped
        );
        return _pending.TryGetValue(item, out var pending)
            ? expected.When(true, !pending.IsTroubled, ErrorCodes.BackupInProgress)
            : expected;
    }

    private void NoteBackUp(ItemLedger item, byte[] content, Outcome outcome, BackupReport? report)
    {
        if (report is not null)
        {
            Acknowledge(item, report.Outcome.RecoveryPoint, content);
            return;
        }
        if (IsLoose)
            item.Unclear.Add(content);
        else
            NoteLoud(JobOperations.Backup, outcome);
        if (IsDenial(outcome.Code))
            tally.Meet(Situation.BackupRefusedUnderRevocation);
        if (outcome.Code == ErrorCodes.KeyVaultUnreachable)
            tally.Meet(Situation.BackupRefusedDuringOutage);
    }

    /// <summary>From here on it is promised.</summary>
    private void Acknowledge(ItemLedger item, RecoveryPointSummary receipt, byte[] content)
    {
        Invariants.I5_AckDurable_Receipt(item, receipt);
        item.Points.Add(receipt.Seq, new PointLedger(receipt, content));
        Owe("Backup", receipt.Name, isCertain: true);
        tally.Meet(Situation.BackupCommitted);
        if (_isDuplicated)
            tally.Meet(Situation.DuplicateActivationCommitted);
    }

    private async Task StartBackUpAsync(ItemLedger item, VaultClient client)
    {
        if (_pending.ContainsKey(item))
            return;
        var (content, before) = (NewContent(), await LookAsync(item));
        var stream = new GatedStream(content);
        var backup = BackUpAsync(client, item, stream, retain: null);
        if (await Task.WhenAny(backup, stream.Reached) != backup)
        {
            _pending[item] = new PendingBackup(content, stream, backup, before) { IsTroubled = _isDuplicated };
            return;
        }
        var outcome = await Outcome.OfAsync(() => backup);
        Judge($"A backup of '{item.Name}' that was to be long", outcome, ForBackUp(item, before, await LookAsync(item)));
        NoteBackUp(item, content, outcome, report: null);
    }

    private async Task ReleaseHalfAsync(ItemLedger item)
    {
        if (_pending.TryGetValue(item, out var pending))
        {
            pending.Stream.ReleaseHalf();
            await Vault.Vault.GetAsync();
        }
    }

    private async Task FinishBackUpAsync(ItemLedger item)
    {
        if (!_pending.Remove(item, out var pending))
            return;
        pending.Stream.ReleaseAll();
        var outcome = await Outcome.OfAsync(() => pending.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        var isTroubled = pending.IsTroubled || IsLoose;
        if (!outcome.IsSuccess && (!isTroubled || Alarms.Contains(outcome.Code!)))
            throw new InvariantBrokenException($"A backup of '{item.Name}' that nothing troubled ended in {outcome}.");
        if (!outcome.IsSuccess)
        {
            item.Unclear.Add(pending.Content);
            tally.Meet(
                outcome.Code == ErrorCodes.SessionLost && _isDuplicated
                    ? Situation.SlotLostToDuplicate
                    : Situation.BackupAcrossTroubleFailed
            );
            return;
        }
        var point = (await pending.Task).Outcome.RecoveryPoint;
        Acknowledge(item, point, pending.Content);
        if (point.KeyVersionAtBackup != pending.Before.Current.Version)
            tally.Meet(Situation.BackupAcrossRotationCommitted);
    }

    private async Task FinishBackUpsAsync()
    {
        foreach (var item in _pending.Keys.ToList())
            await FinishBackUpAsync(item);
    }

    /// <summary>Two at once: one of them takes the slot, or both do, one after the other; a duplicate may take it from the first.</summary>
    private async Task BackUpTwiceAsync(ItemLedger item)
    {
        if (_pending.ContainsKey(item) || Items.Values.Any(_pending.ContainsKey))
            return;
        var before = await LookAsync(item);
        var other = _isDuplicated ? cluster.TwinClient! : cluster.Client;
        (VaultClient Client, byte[] Content)[] both = [(cluster.Client, NewContent()), (other, NewContent())];
        var backups = both.Select(b => BackUpAsync(b.Client, item, new MemoryStream(b.Content), retain: null)).ToList();
        List<Outcome> outcomes = [await Outcome.OfAsync(() => backups[0]), await Outcome.OfAsync(() => backups[1])];
        var expected = ForBackUp(item, before, await LookAsync(item)).May(ErrorCodes.BackupInProgress);
        tally.Meet(Situation.TwoBackupsAtOnce);
        for (var i = 0; i < 2; i++)
        {
            Judge($"One of two backups of '{item.Name}'", outcomes[i], expected);
            if (outcomes[i].IsSuccess)
                Acknowledge(item, (await backups[i]).Outcome.RecoveryPoint, both[i].Content);
            else if (IsLoose)
                item.Unclear.Add(both[i].Content);
        }
        if (!_isDuplicated && expected.MaySucceed && !outcomes.Any(o => o.IsSuccess || o.Code != ErrorCodes.BackupInProgress))
            throw new InvariantBrokenException(
                $"I6 SingleWinner: of two backups of '{item.Name}' neither won: {outcomes[0]}, {outcomes[1]}."
            );
    }
}
