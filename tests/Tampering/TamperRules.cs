using System.Text;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Tampering;

/// <summary>
/// What the product may say of a store in which one object was tampered with, and what it must. Whatever the object: every recovery point
/// that does not hang on it restores exactly, and one that does restores exactly or is refused with a code that fits.
/// </summary>
internal sealed class TamperRules(RewindableStore store, Examination clean)
{
    private static readonly string[] ObjectCodes = [ErrorCodes.DataTampered, ErrorCodes.DataTooNew, ErrorCodes.WrongKey];
    private static readonly string[] RecordCodes = [ErrorCodes.RecordTampered, ErrorCodes.DataTooNew, ErrorCodes.WrongPlatformKey];
    private static readonly string[] MediumCodes = [ErrorCodes.DataBitRot, ErrorCodes.DataMissing];

    /// <summary>What a bare record can be made to say, short of a lie: that something is not there, or cannot be used.</summary>
    private static readonly string[] BareCodes =
    [
        .. MediumCodes,
        .. ObjectCodes,
        .. RecordCodes,
        ErrorCodes.StoreTooNew,
        ErrorCodes.VaultNotFound,
        ErrorCodes.ItemNotFound,
        ErrorCodes.RecoveryPointNotFound,
        ErrorCodes.RecoveryPointSoftDeleted,
    ];

    /// <summary>Everything the product does that it should not have done; empty when all is well.</summary>
    public IEnumerable<string> Judge(Mutant mutant, Examination seen)
    {
        foreach (var failure in seen.Failures)
            yield return $"no coded answer to {failure}";
        foreach (var outcome in seen.Outcomes)
            if (Complaint(mutant, outcome) is { } complaint)
                yield return $"{outcome.Point.Item} {outcome.Point.Name}: {complaint}";
        foreach (var (item, listing) in seen.Listings)
            if (Complaint(mutant, item, listing) is { } complaint)
                yield return $"list of {item}: {complaint}";
        if (MustFaultLog(mutant) is { } vault && !seen.LogFaults.Contains(vault))
            yield return "the activity log verifies";
        if (
            mutant.Kind is not (StoredKind.LogEntry or StoredKind.LogCheckpoint or StoredKind.VaultRecord or StoredKind.Job)
            && seen.LogFaults.Count > 0
        )
            yield return "the activity log does not verify";
        if (MustScrub(mutant, seen) && !seen.Scrubbed.Contains(mutant.Name))
            yield return "the scrub finds nothing";
    }

    private string? Complaint(Mutant mutant, RestoreOutcome outcome)
    {
        if (outcome.Wrong is { } wrong)
            return $"wrong content: {wrong}";
        var hangsOnIt = HangsOn(outcome.Point, mutant);
        if (outcome.IsExact)
            return hangsOnIt && MustRefuse(mutant) ? "restored, though what it hangs on is not what was written" : null;
        if (!hangsOnIt)
            return $"refused with {string.Join(", ", outcome.Codes)}, though it does not hang on that";
        var fitting = FittingCodes(mutant);
        return outcome.Codes.All(fitting.Contains) ? null : $"refused with {string.Join(", ", outcome.Codes.Except(fitting))}";
    }

    private string? Complaint(Mutant mutant, string item, (string? Code, IReadOnlyList<string> Shown) listing)
    {
        var expected = clean.Listings[item].Shown;
        if (listing.Code is not null || listing.Shown.SequenceEqual(expected))
            return null;
        // A record that was put back by one step looks like one whose next step never happened: only who kept a head hash knows.
        var isEarlier = mutant is { Kind: StoredKind.ItemRecord, Tampering: Tampering.Replay or Tampering.Edit };
        return isEarlier && listing.Shown.SequenceEqual(expected.Skip(1)) ? null : $"shows {string.Join("; ", listing.Shown)}";
    }

    private static string[] FittingCodes(Mutant mutant)
    {
        if (mutant.Kind.IsBare())
            return BareCodes;
        // A run of a newer version is none that this one may call damaged, and delete.
        if (mutant.Kind == StoredKind.IndexRun)
            return [ErrorCodes.DataTooNew];
        if (mutant.Tampering == Tampering.Delete)
            return [ErrorCodes.DataMissing];
        var foreign = mutant.Kind.IsRecord() ? RecordCodes : ObjectCodes;
        return mutant.Tampering switch
        {
            Tampering.Flip or Tampering.Truncate or Tampering.Extend => [ErrorCodes.DataBitRot],
            // Cut below a record's or trailer's own length there is nothing to repair; a shorter pack ends before its chunks do.
            Tampering.TruncateAndRepair => [.. foreign, ErrorCodes.DataBitRot],
            Tampering.Swap or Tampering.Replay or Tampering.Substitute or Tampering.Forge when mutant.Kind == StoredKind.Pack =>
            [
                .. foreign,
                ErrorCodes.DataBitRot,
            ],
            _ => foreign,
        };
    }

    /// <summary>Whether a recovery point can be restored no longer when that object is not what it was.</summary>
    private bool HangsOn(StoredPoint point, Mutant mutant)
    {
        if (mutant.Tampering == Tampering.Duplicate && !mutant.Kind.IsBare())
            return false;
        return new[] { mutant.Name, mutant.Other }.Any(name => name.Length > 0 && HangsOn(point, mutant, name));
    }

    private bool HangsOn(StoredPoint point, Mutant mutant, string name) =>
        mutant.Kind switch
        {
            StoredKind.IndexRun => mutant.Tampering == Tampering.FlipAndRepair
                && name.Contains(point.Key.ItemId.ToString(), StringComparison.Ordinal),
            StoredKind.Pack => name.Contains(point.Key.ItemId.ToString(), StringComparison.Ordinal),
            StoredKind.Manifest => name == point.Manifest,
            StoredKind.Ring or StoredKind.Tombstone => IsNamed(point, name),
            StoredKind.Descriptor => IsNamed(point, name),
            StoredKind.ItemRecord => name.Contains(point.Key.ToString(), StringComparison.Ordinal),
            StoredKind.VaultRecord => name.Contains(point.Key.VaultId.ToString(), StringComparison.Ordinal),
            StoredKind.VaultName => name == $"names/vaults/{point.Vault}",
            StoredKind.ItemName => name == $"names/items/{point.Key.VaultId}/{point.Item}",
            StoredKind.Head => name.Contains(point.Key.ItemId.ToString(), StringComparison.Ordinal),
            _ => false,
        };

    /// <summary>Whether the item's or vault's record names it, as being in force.</summary>
    private bool IsNamed(StoredPoint point, string name) =>
        new[] { $"grainstate/record-item/{point.Key}.json", $"grainstate/record-vault/{point.Key.VaultId}.json" }.Any(record =>
            Encoding.UTF8.GetString(store.Last(record)).Contains(name, StringComparison.Ordinal)
        );

    /// <summary>Whether what hangs on it must not be restored: every byte of these counts, and nothing stands in for them.</summary>
    private static bool MustRefuse(Mutant mutant) =>
        mutant.Kind is StoredKind.Manifest or StoredKind.Ring
        && mutant.Tampering is not (Tampering.Swap or Tampering.Replay or Tampering.Substitute or Tampering.Duplicate);

    private static string? MustFaultLog(Mutant mutant)
    {
        if (
            mutant.Kind is not (StoredKind.LogEntry or StoredKind.LogCheckpoint)
            || mutant.Tampering is Tampering.Delete or Tampering.Duplicate
        )
            return null;
        return mutant.Name.Split('/')[1];
    }

    /// <summary>What has a checksum, and a grain's record that the silo found contradicted: the scrub compares the same.</summary>
    private bool MustScrub(Mutant mutant, Examination seen) =>
        mutant.Tampering switch
        {
            _ when mutant.Kind is StoredKind.ItemRecord or StoredKind.VaultRecord
                    && mutant.Tampering is not (Tampering.Delete or Tampering.Duplicate) => seen.Outcomes.Any(o =>
                HangsOn(o.Point, mutant, mutant.Name) && o.Codes.Contains(ErrorCodes.RecordTampered)
            ),
            Tampering.Flip or Tampering.Truncate or Tampering.Extend => mutant.Kind.IsSealed() || mutant.Kind.IsRecord(),
            Tampering.Delete => mutant.Kind is StoredKind.Manifest
                || (mutant.Kind is StoredKind.Ring or StoredKind.Descriptor && clean.Outcomes.Any(o => IsNamed(o.Point, mutant.Name))),
            _ => false,
        };
}
