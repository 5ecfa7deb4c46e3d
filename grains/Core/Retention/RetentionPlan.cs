using System.Collections.Immutable;
using System.Globalization;

namespace RecoveryVault.Retention;

/// <summary>A recovery point as far as retention goes.</summary>
public sealed record RetentionPoint(long Seq, DateTimeOffset Time, DateTimeOffset? RetainUntil);

/// <summary>What becomes of a recovery point: kept for reasons, or without any, and then it expires.</summary>
public sealed record RetentionDecision(RetentionPoint Point, ImmutableArray<string> Reasons)
{
    public bool Expires => Reasons.IsEmpty;
}

/// <summary>
/// What a policy keeps of an item's available recovery points. Points are ordered by their numbers, which are chained, and not by their
/// times: a clock that once was wrong cannot make an old point the newest of anything.
/// </summary>
public static class RetentionPlan
{
    /// <summary>The reason of the newest point: expiry never takes it.</summary>
    public const string Newest = "newest";

    public const string BeingRead = "being read";

    /// <summary>
    /// The same while former rules go on keeping what they kept: what the rules in force would let go each of them looks at again.
    /// </summary>
    /// <param name="formers">Those whose time is not over.</param>
    public static ImmutableArray<RetentionDecision> Of(
        IReadOnlyList<RetentionPoint> points,
        RetentionRules rules,
        IEnumerable<FormerRetention> formers,
        DateTimeOffset now,
        IReadOnlySet<long> inUse
    )
    {
        var decisions = Of(points, rules, now, inUse);
        foreach (var former in formers)
        {
            var kept = former.Rules is { } before ? Of(points, before, now, inUse) : default;
            decisions =
            [
                .. decisions.Select(
                    (decision, index) =>
                        decision.Expires && (kept.IsDefault || !kept[index].Expires)
                            ? decision with
                            {
                                Reasons = [$"kept before, until {Text(former.Until)}"],
                            }
                            : decision
                ),
            ];
        }
        return decisions;
    }

    /// <param name="points">The available ones, newest first.</param>
    /// <param name="now">The earliest time it can be: by it promises are judged.</param>
    /// <param name="inUse">Numbers of points that somebody is reading.</param>
    public static ImmutableArray<RetentionDecision> Of(
        IReadOnlyList<RetentionPoint> points,
        RetentionRules rules,
        DateTimeOffset now,
        IReadOnlySet<long> inUse
    )
    {
        Period[] periods =
        [
            new("last", rules.Last, point => point.Seq.ToString(CultureInfo.InvariantCulture)),
            new("daily", rules.Daily, point => Text(point, "yyyy-MM-dd")),
            new("weekly", rules.Weekly, Week),
            new("monthly", rules.Monthly, point => Text(point, "yyyy-MM")),
            new("yearly", rules.Yearly, point => Text(point, "yyyy")),
        ];
        return [.. points.Select((point, index) => new RetentionDecision(point, [.. ReasonsOf(point, index, periods, now, inUse)]))];
    }

    private static IEnumerable<string> ReasonsOf(
        RetentionPoint point,
        int index,
        Period[] periods,
        DateTimeOffset now,
        IReadOnlySet<long> inUse
    )
    {
        if (index == 0)
            yield return Newest;
        // Each period must see each point: not one is left out for being kept by another.
        foreach (var period in periods)
        {
            if (period.Keeps(point) is { } reason)
                yield return reason;
        }
        if (point.RetainUntil > now)
            yield return Promise(point.RetainUntil.Value);
        if (inUse.Contains(point.Seq))
            yield return BeingRead;
    }

    private static string Promise(DateTimeOffset until) => string.Create(CultureInfo.InvariantCulture, $"kept until {Text(until)}");

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(RetentionPoint point, string format) =>
        point.Time.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    private static string Week(RetentionPoint point) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ISOWeek.GetYear(point.Time.UtcDateTime):0000}-W{ISOWeek.GetWeekOfYear(point.Time.UtcDateTime):00}"
        );

    /// <summary>One rule on its way through the points.</summary>
    private sealed class Period(string name, int count, Func<RetentionPoint, string> bucketOf)
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        /// <summary>Why this rule keeps the point: it is the newest of its bucket, and fewer buckets came before than are kept.</summary>
        public string? Keeps(RetentionPoint point)
        {
            if (_seen.Count >= count)
                return null;
            var bucket = bucketOf(point);
            return !_seen.Add(bucket) ? null
                : name == "last" ? name
                : $"{name} {bucket}";
        }
    }
}
