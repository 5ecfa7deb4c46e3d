using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

/// <summary>
/// Which of an item's recovery points are deleted: Available → SoftDeleted → Purged, and back from SoftDeleted only. The whole set is one
/// tombstone record, which the item's record names: so the store can neither drop nor replay a deletion.
/// </summary>
public sealed record Deletions : Evolving
{
    /// <summary>
    /// The most bytes it may take as written: below the limit of a record. Purging only ever shrinks it, so it is never refused.
    /// </summary>
    public const int MaxBytes = 960 << 10;

    public required ItemKey Item { get; init; }

    /// <summary>The number of this record; 0 before the first.</summary>
    public required long Seq { get; init; }

    /// <summary>What was deleted and can still be had back, one entry for each act of deleting, oldest first.</summary>
    public ImmutableArray<Deletion> SoftDeleted
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>Numbers of recovery points that are gone for good: ascending, with gaps between them.</summary>
    public ImmutableArray<SeqRange> Purged
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>What the item's record owes to log and jobs once it names this; null: nothing.</summary>
    public ImmutableArray<OwedNote>? Owed { get; init; }

    public static Deletions None(ItemKey item) => new() { Item = item, Seq = 0 };

    public bool IsAvailable(long seq) => !IsPurged(seq) && !IsSoftDeleted(seq);

    public bool IsSoftDeleted(long seq) => Find(seq) is not null;

    public bool IsPurged(long seq) => FindPurged(seq) is not null;

    /// <summary>The range of purged ones a number lies in; null when it is not purged.</summary>
    public SeqRange? FindPurged(long seq)
    {
        var (low, high) = (0, Purged.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Purged[middle].Last < seq)
                low = middle + 1;
            else
                high = middle;
        }
        return low < Purged.Length && Purged[low].First <= seq ? Purged[low] : null;
    }

    /// <summary>The deletion of a point that can still be had back; null when it is available or purged.</summary>
    public Deletion? Find(long seq) => SoftDeleted.FirstOrDefault(deletion => deletion.Find(seq) is not null);

    [JsonIgnore]
    public long SoftDeletedCount => SoftDeleted.Sum(deletion => (long)deletion.Points.Length);

    [JsonIgnore]
    public long PurgedCount => Purged.Sum(range => range.Last - range.First + 1);

    /// <summary>
    /// Deletes points softly. Those deleted before keep the time they have: no second deletion makes it shorter. The same operation again
    /// changes nothing.
    /// </summary>
    /// <exception cref="VaultException">DeletionLimitReached.</exception>
    public Deletions Delete(Deletion deletion)
    {
        var points = deletion.Points.Where(p => IsAvailable(p.Seq)).OrderBy(p => p.Seq).ToImmutableArray();
        if (points.IsEmpty || SoftDeleted.Any(d => d.OperationId == deletion.OperationId))
            return this;
        var next = this with { Seq = Seq + 1, SoftDeleted = SoftDeleted.Add(deletion with { Points = points }) };
        return next.MeasureBytes() <= MaxBytes
            ? next
            : throw new VaultException(
                ErrorCodes.DeletionLimitReached,
                $"{SoftDeletedCount} deleted recovery points of this item wait to be purged; no more can be noted."
            );
    }

    /// <summary>Takes a deletion back; one that is available stays so.</summary>
    public Deletions Undelete(long seq) => Undelete([seq]);

    /// <summary>Takes several back in one step: a record may be no more than one number ahead of what was in force.</summary>
    public Deletions Undelete(IEnumerable<long> seqs)
    {
        var back = seqs.Where(IsSoftDeleted).ToHashSet();
        return back.Count > 0 ? Without(back) : this;
    }

    /// <summary>
    /// Points whose time to be taken back is over, and which nobody promised to keep longer.
    /// </summary>
    /// <param name="now">The earliest time it can be.</param>
    public IEnumerable<DeletedPoint> Due(DateTimeOffset now) =>
        from deletion in SoftDeleted
        where deletion.PurgeAfter <= now
        from point in deletion.Points
        where !(point.RetainUntil > now)
        select point;

    /// <summary>Gives soft-deleted points up for good; others stay what they are.</summary>
    public Deletions Purge(IEnumerable<long> seqs)
    {
        var gone = seqs.Where(IsSoftDeleted).ToHashSet();
        if (gone.Count == 0)
            return this;
        List<SeqRange> ranges = [];
        foreach (var range in Purged.Concat(gone.Select(seq => new SeqRange(seq, seq))).OrderBy(r => r.First))
        {
            if (ranges is [.., var last] && last.Last + 1 >= range.First)
                ranges[^1] = last with { Last = range.Last };
            else
                ranges.Add(range);
        }
        return Without(gone) with { Purged = [.. ranges] };
    }

    /// <summary>How many more points one act can delete.</summary>
    public int Room() => Math.Max(0, (MaxBytes - MeasureBytes() - Deletion.MaxActBytes) / Deletion.MaxPointBytes);

    /// <summary>How many bytes this takes as written.</summary>
    public int MeasureBytes() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.Deletions).Length;

    private Deletions Without(HashSet<long> seqs) =>
        this with
        {
            Seq = Seq + 1,
            SoftDeleted =
            [
                .. SoftDeleted.Select(d => d with { Points = d.Points.RemoveAll(p => seqs.Contains(p.Seq)) }).Where(d => !d.Points.IsEmpty),
            ],
        };
}

/// <summary>One act of deleting.</summary>
/// <param name="PurgeAfter">Until then at the least it can be taken back.</param>
/// <param name="By">The verified caller.</param>
/// <param name="Points">In ascending order of numbers.</param>
public sealed record Deletion(
    Guid OperationId,
    DateTimeOffset DeletedAt,
    DateTimeOffset PurgeAfter,
    string Reason,
    string By,
    ImmutableArray<DeletedPoint> Points
) : Evolving
{
    public ImmutableArray<DeletedPoint> Points { get; init; } = RecordJson.ListOf(Points);

    public const int MaxReasonLength = 256;

    /// <summary>The most bytes an act takes as written, without its points: characters beyond ASCII take six each.</summary>
    public const int MaxActBytes = 2 * 6 * MaxReasonLength + 512;

    /// <summary>The most bytes one point takes as written.</summary>
    public const int MaxPointBytes = 192;

    public DeletedPoint? Find(long seq)
    {
        var (low, high) = (0, Points.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Points[middle].Seq < seq)
                low = middle + 1;
            else
                high = middle;
        }
        return low < Points.Length && Points[low].Seq == seq ? Points[low] : null;
    }

    public static string RequireReason(string reason) =>
        reason.Length <= MaxReasonLength && !reason.Any(char.IsControl)
            ? reason
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A reason has at most {MaxReasonLength} printable characters, got {reason.Length}."
            );
}

/// <summary>A deleted recovery point: that very one, by its hash.</summary>
/// <param name="RetainUntil">The promise of its backup: kept once more before it is purged, for clocks may have been wrong.</param>
public sealed record DeletedPoint(long Seq, string HeadHash, DateTimeOffset? RetainUntil = null);

/// <summary>Numbers from first to last, both included.</summary>
public sealed record SeqRange(long First, long Last);
