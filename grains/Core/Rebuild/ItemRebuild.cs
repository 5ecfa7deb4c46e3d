using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>The items of one vault.</summary>
/// <param name="vault">The vault's record as it is then; null when it was refused.</param>
internal sealed class ItemRebuild(RebuildParts parts, LogEvidence log, VaultRecord? vault)
{
    /// <summary>What becomes of an item's record.</summary>
    /// <param name="Derived">What is to be written; null: nothing.</param>
    /// <param name="InForce">The record that counts then; null: none.</param>
    public sealed record Plan(
        ItemEvidence Item,
        StoredRecord<ItemRecord>? Stored,
        ItemDerivation.Derived? Derived,
        ItemRecord? InForce,
        VaultException? Refusal,
        List<RebuildProblem> Problems
    )
    {
        public override string ToString() => $"{Item.Key}";
    }

    public async Task<Plan> PlanAsync(ItemEvidence item, CancellationToken cancellation)
    {
        List<RebuildProblem> problems = [.. item.Problems];
        StoredRecord<ItemRecord>? stored = null;
        try
        {
            stored = await StoredRecord<ItemRecord>.ReadAsync(
                parts.Store,
                GrainRecords.ItemBlob(item.Key),
                RecordJson.Default.ItemRecord,
                record => VerifyAsync(item.Key, record, cancellation),
                cancellation
            );
            stored = WithoutFence(item, stored);
            if (stored.Fault is null)
                return new(item, stored, null, stored.Value, null, [.. problems, .. LaterThan(stored.Value, item)]);
            if (item.IsNothing || IsDestroyed(item))
                return new(item, stored, null, null, null, problems);
            var losses = new Losses(parts.Options.AcceptsLoss);
            var derivation = new ItemDerivation(item, log, vault?.Settings.Encryption.Current.Generation ?? 1);
            var derived = derivation.Derive(losses, parts.Now);
            RequireNotBehind(item.Key, stored.Value, derived);
            return new(item, stored, derived, derived.Record, null, [.. item.Problems, .. losses.Accepted]);
        }
        catch (VaultException refusal)
        {
            return new(item, stored, null, null, refusal, [RebuildProblem.Of(refusal), .. problems]);
        }
    }

    /// <summary>A rotation that came by a lost record left one without keys in its place.</summary>
    private static StoredRecord<ItemRecord> WithoutFence(ItemEvidence item, StoredRecord<ItemRecord> stored) =>
        stored is { Fault: null, Value.Settings: null } && !item.Heads.IsEmpty
            ? stored with
            {
                Fault = StoredRecord<ItemRecord>.Missing,
            }
            : stored;

    /// <summary>What goes with a vault that is being destroyed needs no record to go on.</summary>
    private bool IsDestroyed(ItemEvidence item) =>
        vault?.Settings is { Deletion.PurgingSince: not null } or { Deleted: true, Proof: not null } && item.Rings.IsEmpty;

    private IEnumerable<RebuildProblem> LaterThan(ItemRecord? kept, ItemEvidence item)
    {
        var logged = log.Points.Where(p => p.ItemId == item.Key.ItemId).Select(p => p.Seq).DefaultIfEmpty(0).Max();
        if (kept is { Settings: { } settings } && logged > (kept.Newest?.Seq ?? 0))
            yield return RebuildProblem.Of(
                ErrorCodes.RecordTampered,
                $"The log remembers recovery point {logged} of item '{settings.Name}', which its record does not have."
            );
    }

    /// <summary>A record that does not pass its authentication still tells what there was: nothing older takes its place.</summary>
    private static void RequireNotBehind(ItemKey key, ItemRecord? old, ItemDerivation.Derived made)
    {
        if (old is null)
            return;
        var derived = made.Record;
        var (oldNewest, newest) = (old.Newest?.Seq ?? 0, derived.Newest?.Seq ?? 0);
        if (oldNewest > newest || old.RingSeq > derived.RingSeq || SeqOf(old.Tombstones) > made.Deletions.Seq)
            throw new VaultException(
                ErrorCodes.DataMissing,
                $"The record of item {key.ItemId} does not pass its authentication, but is newer (recovery point {oldNewest}, ring {old.RingSeq}) than all that is stored beside it (recovery point {newest}, ring {derived.RingSeq}).",
                "Bring the missing objects back from a copy of the store and run it again."
            );
    }

    private static long SeqOf(RecordRef? named) =>
        named is { IsWhole: true } && AuthenticatedRecords.TrySequenceOf(named.Name, out var seq) ? seq : 0;

    public async Task<RebuiltItem> CarryOutAsync(Plan plan, CancellationToken cancellation)
    {
        var refusal = plan.Refusal;
        if (plan is { Derived: { } derived, Stored: { } stored } && !parts.Options.IsDryRun)
            refusal = await TryWriteAsync(plan.Item.Key, stored, derived, cancellation);
        var record = refusal is null ? plan.InForce : null;
        var name = record?.Settings?.Name ?? (plan.Item.Descriptors.IsEmpty ? "" : plan.Item.Descriptors.Newest[^1].Value.Settings.Name);
        return new RebuiltItem(
            plan.Item.Key,
            refusal is not null && name.Length == 0 ? plan.Item.Key.ItemId.ToString()
                : record is null && refusal is null ? ""
                : name,
            refusal is not null ? RebuildStatus.Refused
                : plan.Derived is not null ? RebuildStatus.Rebuilt
                : RebuildStatus.Kept,
            plan.Stored?.Fault,
            record?.RecoveryPointCount ?? 0,
            record?.KeyGeneration ?? 0,
            refusal is not null && plan.Refusal is null ? [RebuildProblem.Of(refusal), .. plan.Problems] : plan.Problems
        );
    }

    private async Task VerifyAsync(ItemKey key, ItemRecord record, CancellationToken cancellation)
    {
        await parts.Proof.VerifyAsync(key, record, cancellation);
        parts.Notes.Require($"{key}", record.Owed);
    }

    /// <summary>What the record names first; then the record, once it agrees with all that is stored beside it.</summary>
    private async Task<VaultException?> TryWriteAsync(
        ItemKey key,
        StoredRecord<ItemRecord> stored,
        ItemDerivation.Derived derived,
        CancellationToken cancellation
    )
    {
        var record = derived.Record;
        if (derived.NeedsTombstone)
            record = record with { Tombstones = await parts.Tombstones.WriteAsync(derived.Deletions) };
        if (derived.NeedsDescriptor && record.Settings is { } settings)
            record = record with { Descriptor = await parts.Descriptors.WriteAsync(key, derived.NextDescriptor, settings, record.Owed) };
        record = record with { Owed = parts.Notes.Seal($"{key}", record.Owed) };
        try
        {
            await VerifyAsync(key, record, cancellation);
        }
        catch (VaultException refusal)
        {
            return refusal;
        }
        await stored.WriteAsync(parts.Store, GrainRecords.ItemBlob(key), record, RecordJson.Default.ItemRecord, cancellation);
        return null;
    }
}
