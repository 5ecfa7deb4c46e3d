using System.Text;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Security;

namespace RecoveryVault.Tests.Model;

internal static partial class Invariants
{
    /// <summary>Refused for a key's sake, nothing that was stored is gone.</summary>
    public static void I9_NoDestructionOnDoubt(IReadOnlySet<string> before, IReadOnlySet<string> after, string code)
    {
        if (before.FirstOrDefault(name => !after.Contains(name)) is { } lost)
            throw Broken($"I9 NoDestructionOnDoubt: '{lost}' is gone after {code}.");
    }

    /// <summary>What a job was refused with for a key's sake is what the job says.</summary>
    public static async Task I11_Loud(ModelRun run)
    {
        List<JobSummary> failed = [];
        await foreach (var job in VaultClient.AllAsync(page => run.Vault.Jobs.ListAsync(new JobQuery(JobStatus.Failed, null, page))))
            failed.Add(job);
        foreach (var group in run.Loud.GroupBy(l => l))
        {
            var told = failed.Count(j => j.Operation == group.Key.Operation && j.ErrorDetails.Any(e => e.Code == group.Key.Code));
            if (told < group.Count())
                throw Broken($"I11 Loud: {group.Count()} of {group.Key.Operation} failed with {group.Key.Code}, {told} jobs say so.");
        }
    }

    /// <summary>Whatever was changed in the store: what comes back is what was backed up at that place, or nothing.</summary>
    public static void I12_I13_OnlyWhatWasBackedUp(ItemLedger item, PointLedger point, byte[] content)
    {
        if (!content.AsSpan().SequenceEqual(point.Content))
            throw Broken($"I12 RightKey, I13 Position: '{item.Name}' {point.Seq} comes back wrong from a store that was tampered with.");
    }

    /// <summary>
    /// A record two numbers behind its heads, ring, settings or deletions is rejected; one that a crash could have left lacks what the
    /// receipts have.
    /// </summary>
    public static async Task I14_NoRollback_Record(ModelRun run, ItemLedger item, ItemRecord current, ItemRecord old, Tally tally)
    {
        var isRejected =
            await Outcome.OfAsync(() => run.Cluster.Client.OpenItem(item.Key).GetAsync()) is { Code: ErrorCodes.RecordTampered };
        var behind = current.NextSeq - old.NextSeq;
        if (behind > 1 && !isRejected)
            throw Broken($"I14 NoRollback: the record of '{item.Name}' is {behind} recovery points behind, and nobody minds.");
        if (isRejected)
        {
            tally.Meet(Situation.OldRecordRejected);
            return;
        }
        if (behind < 1)
            return;
        var latest = (
            await VaultClient.AllAsync(run.Cluster.Client.OpenItem(item.Key).ListRecoveryPointsAsync).ToListAsync()
        ).FirstOrDefault();
        if (latest?.HeadHash == current.Newest?.HeadHash)
            throw Broken($"I14 NoRollback: an old record of '{item.Name}' shows the newest head.");
        tally.Meet(Situation.OldRecordSeenByReceipt);
    }

    /// <summary>A store that was set back as a whole lacks what some receipt has.</summary>
    public static async Task I14_NoRollback_Receipts(ModelRun run)
    {
        foreach (var item in run.Items.Values)
        {
            var listed = new Dictionary<long, RecoveryPointSummary>();
            await Outcome.OfAsync(async () =>
            {
                await foreach (var point in VaultClient.AllAsync(run.Cluster.Client.OpenItem(item.Key).ListRecoveryPointsAsync))
                    listed[point.Seq] = point;
            });
            if (
                item.Points.Values.Any(p => !p.MayBe(PointStates.Purged) && listed.GetValueOrDefault(p.Seq)?.HeadHash != p.Receipt.HeadHash)
            )
                return;
        }
        throw Broken("I14 NoRollback: the store was set back, and every receipt is met.");
    }

    /// <summary>What is deleted can be had back for the whole period, reckoned from the true time.</summary>
    public static void I16_ExpiryExact_Granted(ItemLedger item, PointLedger point, RecoveryPointSummary deleted, DateTimeOffset calledAt)
    {
        if (deleted.State == RecoveryPointState.SoftDeleted && point.Is(PointStates.Available) && deleted.Expires < calledAt.AddDays(14))
            throw Broken(
                $"I16 ExpiryExact: '{item.Name}' {point.Seq}, deleted at {calledAt:u}, may be purged from {deleted.Expires:u} on."
            );
    }

    /// <summary>Each change that happened has exactly one entry, and the chain of entries verifies.</summary>
    public static async Task I17_AuditComplete(ModelRun run)
    {
        if (await FindLogFaultAsync(run.Vault) is { } fault)
            throw Broken($"I17 AuditComplete: {fault}");
        var entries = await VaultClient.AllAsync(run.Vault.Activity.ListAsync).Where(e => e.Status == LogStatuses.Succeeded).ToListAsync();
        var counts = entries.CountBy(e => (e.Operation, SubjectOf(e))).ToDictionary();
        foreach (var (what, owed) in run.Owed)
        {
            var count = counts.GetValueOrDefault(what);
            if (count < owed.Least || count > owed.Most)
                throw Broken($"I17 AuditComplete: {what} has {count} entries, not {owed.Least} to {owed.Most}.");
        }
        RequireKeyEntries(entries, (await run.ReadVaultAsync()).Settings.Encryption.Current.KeyId);
        if (counts.Keys.FirstOrDefault(k => IsOwed(k.Operation) && !run.Owed.ContainsKey(k)) is { Operation: not null } stray)
            throw Broken($"I17 AuditComplete: an entry says {stray}, and nothing did that.");
    }

    /// <summary>Of one job there is one entry, and the last one is about the version in force.</summary>
    private static void RequireKeyEntries(List<ActivityEntry> newestFirst, string current)
    {
        var keys = newestFirst.Where(e => e.Operation == "UpdateEncryption").ToList();
        if (keys.GroupBy(e => e.CorrelationId).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Broken($"I17 AuditComplete: the change of the key {twice.Key} is logged {twice.Count()} times.");
        if (keys.FirstOrDefault()?.Details["newKeyId"] is var newest && newest != current)
            throw Broken($"I17 AuditComplete: the last change of the key was to {newest}, and {current} is in force.");
    }

    private static bool IsOwed(string operation) =>
        operation
            is "Backup"
                or "DeleteRecoveryPoint"
                or "UndeleteRecoveryPoint"
                or "DeleteItem"
                or "UndeleteItem"
                or "ExpireRecoveryPoints"
                or "ProtectItem"
                or "DisableProtection"
                or "SetItemPolicy";

    private static string SubjectOf(ActivityEntry entry) =>
        entry.Operation switch
        {
            "Backup" or "DeleteRecoveryPoint" or "UndeleteRecoveryPoint" => entry.Details.GetValueOrDefault("recoveryPoint", ""),
            var operation when IsOwed(operation) => entry.Details.GetValueOrDefault("itemName", ""),
            _ => "",
        };

    /// <summary>What <c>activity-log verify</c> finds; null when the chain is whole.</summary>
    public static async Task<string?> FindLogFaultAsync(NamedVault vault)
    {
        for (long? from = 1; from is { } seq; )
        {
            var check = await vault.Activity.VerifyAsync(seq);
            if (check.Fault is { } fault)
                return $"entry {check.FaultSeq}: {fault}";
            from = check.NextSeq;
        }
        return null;
    }

    /// <summary>No data key, no item's own key and nothing that was backed up stands in the store, in a log, or in what was said.</summary>
    public static async Task I18_NoSecretAtRest(ModelRun run)
    {
        var secrets = new Dictionary<string, SecretForms> { ["plaintext"] = new(ModelRun.Canary) };
        foreach (var item in run.Items.Values)
        foreach (
            var (name, forms) in await RingSecrets.ReadAsync(
                run.Cluster.Blobs,
                run.Cluster.Keyring,
                run.Cluster.OwnerKeys,
                item.Key,
                item.Name
            )
        )
            secrets[name] = forms;
        List<(string Name, byte[] Content)> places = [("what was said", Encoding.UTF8.GetBytes(string.Join('\n', run.Said)))];
        places.Add(("the logs", Encoding.UTF8.GetBytes(string.Join('\n', run.Cluster.TakeLogs()))));
        await foreach (var blob in run.Cluster.Blobs.ListAllAsync(""))
            places.Add((blob.Name, (await run.Cluster.Blobs.GetAsync(blob.Name))?.Content.ToArray() ?? []));
        foreach (var place in places)
        foreach (var (name, forms) in secrets)
            if (forms.FindIn(place.Content).FirstOrDefault() is { } form)
                throw Broken($"I18 NoSecretAtRest: {place.Name} holds the {name} ({form}).");
    }
}
