using System.Collections.Immutable;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>
/// One vault and what is in it. The log hears of it first; then come the items, then the vault, then the names: so nobody finds a vault
/// whose items have no records, and takes them for items that never had keys.
/// </summary>
internal sealed class VaultRebuild(RebuildParts parts, VaultId vaultId, IReadOnlyCollection<ItemId> itemIds, Action examined)
{
    private const string Operation = "RebuildStore";

    private readonly List<RebuildProblem> _problems = [];

    private string Blob => $"{GrainRecords.AllVaultBlobs}{vaultId}.json";

    public async Task<RebuiltVault> RunAsync(CancellationToken cancellation)
    {
        var descriptors = await parts.Folders.ReadAsync(
            Descriptors.Folder(vaultId),
            RecordType.Descriptor,
            RecordJson.Default.VaultDescriptor,
            (d, seq) => d.VaultId == vaultId && d.Seq == seq,
            cancellation
        );
        var items = await ReadItemsAsync(cancellation);
        var proofs = await parts.Folders.ReadAsync(
            $"proofs/{vaultId}",
            RecordType.Proof,
            RecordJson.Default.ShredProof,
            (p, _) => p.Summary.VaultId == vaultId,
            cancellation
        );
        var log = await LogEvidence.ReadAsync(parts.Log, parts.Jobs, vaultId, Marks(descriptors, items).ToAsyncEnumerable(), cancellation);
        _problems.AddRange([.. descriptors.Problems, .. proofs.Problems]);
        var rings = items.SelectMany(i => i.Rings.Sound).Select(r => r.Value).ToList();
        var derivation = new VaultDerivation(
            vaultId,
            descriptors,
            log,
            rings,
            proofs.Sound.Any(p => p.Value.Summary.CompletedAt is not null)
        );
        var plan = await PlanAsync(derivation, items, proofs, log, cancellation);
        return await CarryOutAsync(plan, derivation, items, log, cancellation);
    }

    /// <summary>What becomes of the vault's own record.</summary>
    /// <param name="Next">What is to be written; null: nothing.</param>
    /// <param name="InForce">The record that counts then; null when it was refused.</param>
    private sealed record Plan(StoredRecord<VaultRecord>? Stored, VaultRecord? Next, VaultRecord? InForce, string? Found);

    private async Task<List<ItemEvidence>> ReadItemsAsync(CancellationToken cancellation)
    {
        List<ItemEvidence> items = [];
        foreach (var itemId in itemIds.OrderBy(i => i.ToString(), StringComparer.Ordinal))
        {
            items.Add(await ItemEvidence.ReadAsync(parts.Store, parts.Folders, parts.Jobs, new(vaultId, itemId), cancellation));
            examined();
        }
        return items;
    }

    /// <summary>Every place in the log that a record beside it remembers.</summary>
    private static IEnumerable<RememberedMark> Marks(FoundRecords<VaultDescriptor> descriptors, IEnumerable<ItemEvidence> items) =>
        [
            .. descriptors
                .Sound.Select(d => (By: $"change {d.Seq} of the vault's settings", d.Value.Log))
                .Concat(items.SelectMany(i => i.Heads.All).Select(h => (By: $"recovery point {h.Name}", h.Log)))
                .Where(m => m.Log is not null)
                .Select(m => new RememberedMark(m.By, m.Log!)),
        ];

    private async Task<Plan> PlanAsync(
        VaultDerivation derivation,
        List<ItemEvidence> items,
        FoundRecords<ShredProof> proofs,
        LogEvidence log,
        CancellationToken cancellation
    )
    {
        StoredRecord<VaultRecord>? stored = null;
        try
        {
            stored = await StoredRecord<VaultRecord>.ReadAsync(
                parts.Store,
                Blob,
                RecordJson.Default.VaultRecord,
                VerifyAsync,
                cancellation
            );
            var roster = RosterOf(items, proofs);
            if (stored is { Fault: null, Value: { } kept })
                return Kept(stored, kept, roster, log);
            var losses = new Losses(parts.Options.AcceptsLoss);
            var derived = derivation.Derive(roster, losses, parts.Now);
            if (SeqOf(stored.Value?.Descriptor) > derivation.NextSeq - 1)
                throw new VaultException(
                    ErrorCodes.DataMissing,
                    $"The record of vault {vaultId} names descriptor {SeqOf(stored.Value?.Descriptor)}, which is missing.",
                    "Bring the missing descriptor back from a copy of the store and run it again."
                );
            _problems.AddRange(losses.Accepted);
            if (derivation.Conflict is { } conflict)
                _problems.Add(conflict);
            return new(stored, derived, derived, stored.Fault);
        }
        catch (VaultException refusal)
        {
            _problems.Insert(0, RebuildProblem.Of(refusal));
            return new(stored, null, null, stored?.Fault ?? "not to be read");
        }
    }

    private async Task VerifyAsync(VaultRecord record)
    {
        await parts.Descriptors.VerifyAsync(vaultId, record);
        parts.Notes.Require($"{vaultId}", record.Owed);
    }

    /// <summary>A record that is authentic stays; an item it has lost from its roster comes back.</summary>
    private Plan Kept(StoredRecord<VaultRecord> stored, VaultRecord kept, ImmutableArray<ItemId> roster, LogEvidence log)
    {
        if (log.Fault is { } fault)
            _problems.Add(RebuildProblem.Of(ErrorCodes.RecordTampered, fault));
        if (VaultDerivation.SeqOf(log.Settings) > SeqOf(kept.Descriptor))
            _problems.Add(
                RebuildProblem.Of(
                    ErrorCodes.RecordTampered,
                    $"The log remembers a later change of the settings of vault '{kept.Settings.Name}' than its record."
                )
            );
        ImmutableArray<ItemId> lost = kept.Settings.Deleted ? [] : [.. roster.Except(kept.Roster)];
        return lost.IsEmpty
            ? new(stored, null, kept, null)
            : new(stored, kept with { Roster = [.. kept.Roster, .. lost] }, kept, $"without {lost.Length} of its items");
    }

    private static long SeqOf(RecordRef? named) =>
        named is { IsWhole: true } && AuthenticatedRecords.TrySequenceOf(named.Name, out var seq) ? seq : 0;

    /// <summary>Items that something authentic is there of, or in a proof; as far as it is known, in order of their making.</summary>
    private static ImmutableArray<ItemId> RosterOf(List<ItemEvidence> items, FoundRecords<ShredProof> proofs) =>
        [
            .. items
                .Where(i => !i.IsNothing || !i.Rings.IsEmpty)
                .OrderBy(i => i.Descriptors.IsEmpty ? DateTimeOffset.MaxValue : i.Descriptors.Newest[0].Value.Settings.CreatedAt)
                .Select(i => i.Key.ItemId)
                .Concat(proofs.Sound.SelectMany(p => p.Value.Items).Select(i => ItemId.Parse(i.ItemId)))
                .Distinct(),
        ];

    private async Task<RebuiltVault> CarryOutAsync(
        Plan plan,
        VaultDerivation derivation,
        List<ItemEvidence> items,
        LogEvidence log,
        CancellationToken cancellation
    )
    {
        var rebuild = new ItemRebuild(parts, log, plan.InForce);
        List<ItemRebuild.Plan> planned = [];
        foreach (var item in items)
            planned.Add(await rebuild.PlanAsync(item, cancellation));
        var isLogged = plan.Next is null && planned.All(p => p.Derived is null);
        if (!isLogged)
            await LogAsync(plan, planned, cancellation);
        List<RebuiltItem> rebuilt = [];
        foreach (var item in planned)
            rebuilt.Add(await rebuild.CarryOutAsync(item, cancellation));
        if (plan is { Next: { } next, Stored: { } stored } && !parts.Options.IsDryRun)
            await WriteAsync(stored, next, derivation.NextSeq, cancellation);
        var names = plan.InForce is { Settings.Deleted: false } live ? await EnsureNamesAsync(live, rebuilt, cancellation) : 0;
        if (isLogged && names > 0)
            await LogAsync(plan, planned, cancellation);
        return new RebuiltVault(
            vaultId,
            plan.InForce?.Settings.Name ?? vaultId.ToString(),
            plan.Next is not null ? RebuildStatus.Rebuilt
                : plan.InForce is null ? RebuildStatus.Refused
                : RebuildStatus.Kept,
            plan.Found,
            plan.InForce?.Settings.Deleted ?? false,
            names,
            [.. rebuilt.Where(i => i.Status != RebuildStatus.Kept || i.Name.Length > 0)],
            _problems
        );
    }

    private async Task WriteAsync(StoredRecord<VaultRecord> stored, VaultRecord next, long seq, CancellationToken cancellation)
    {
        if (next.Descriptor is null)
            next = next with { Descriptor = await parts.Descriptors.WriteAsync(next.ToDescriptor(seq, await FindMarkAsync(cancellation))) };
        next = next with { Owed = parts.Notes.Seal($"{vaultId}", next.Owed) };
        await VerifyAsync(next);
        await stored.WriteAsync(parts.Store, Blob, next, RecordJson.Default.VaultRecord, cancellation);
    }

    private async Task<LogMark?> FindMarkAsync(CancellationToken cancellation)
    {
        try
        {
            return (await parts.Log.FindHeadAsync(vaultId, cancellation)).ToMark();
        }
        catch (VaultException)
        {
            return null;
        }
    }

    private async Task<int> EnsureNamesAsync(VaultRecord vault, List<RebuiltItem> items, CancellationToken cancellation)
    {
        var count = 0;
        foreach (var item in items.Where(i => i.Status != RebuildStatus.Refused && i.Name.Length > 0))
            count += await parts.Names.EnsureAsync($"names/items/{vaultId}", item.Name, item.Key.ItemId.ToString(), cancellation);
        return count + await parts.Names.EnsureAsync("names/vaults", vault.Settings.Name, vaultId.ToString(), cancellation);
    }

    /// <summary>
    /// Before anything is written: whoever dies in between has at least said what he was about. A log that takes no entry is no reason to
    /// leave the vault lost.
    /// </summary>
    private async Task LogAsync(Plan plan, List<ItemRebuild.Plan> items, CancellationToken cancellation)
    {
        if (parts.Options.IsDryRun)
            return;
        var details = ImmutableSortedDictionary<string, string>
            .Empty.Add("vaultRecord", plan.Next is null ? "kept" : $"rebuilt ({plan.Found})")
            .Add("itemRecords", $"{items.Count(i => i.Derived is not null)}")
            .Add("refused", $"{items.Count(i => i.Refusal is not null)}")
            .Add("lossAccepted", parts.Options.AcceptsLoss ? "true" : "false");
        var entry = new LogRecord
        {
            Time = parts.Now,
            Caller = parts.Options.Caller,
            Operation = Operation,
            Status = "Succeeded",
            CorrelationId = Guid.NewGuid(),
            Details = details,
        };
        try
        {
            await parts.Log.AppendAsync(vaultId, await parts.Log.FindHeadAsync(vaultId, cancellation), _ => entry, null, cancellation);
        }
        catch (Exception e) when (e is VaultException or FormatException)
        {
            _problems.Add(RebuildProblem.Of(ErrorCodes.RecordTampered, $"The rebuilding could not be logged: {e.Message}"));
        }
    }
}
