using RecoveryVault.Clocks;

namespace RecoveryVault.Items;

/// <summary>Which deleted points may be purged now.</summary>
public sealed record PurgePlan(IReadOnlyList<long> Due, PurgeOutcome Outcome)
{
    /// <param name="inUse">Numbers of points that somebody is reading: they wait.</param>
    public static PurgePlan Of(Deletions deletions, TrustedTime times, IReadOnlySet<long> inUse)
    {
        var due = deletions.Due(times.Earliest).Select(p => p.Seq).Where(seq => !inUse.Contains(seq)).ToHashSet();
        var waiting = (
            from deletion in deletions.SoftDeleted
            from point in deletion.Points
            where !due.Contains(point.Seq)
            select (point.Seq, Time: point.RetainUntil > deletion.PurgeAfter ? point.RetainUntil.Value : deletion.PurgeAfter)
        ).ToList();
        var next = waiting.Count == 0 ? (DateTimeOffset?)null : waiting.Min(w => w.Time);
        var held =
            waiting.Any(w => inUse.Contains(w.Seq) && w.Time <= times.Earliest) ? "somebody is reading one of them"
            : next is { } time ? times.WhyNot(time)
            : null;
        return new PurgePlan([.. due.Order()], new PurgeOutcome(due.Count, waiting.Count, next, times.Earliest, held));
    }
}
