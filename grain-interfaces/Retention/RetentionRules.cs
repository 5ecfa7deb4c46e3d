using RecoveryVault.Errors;

namespace RecoveryVault.Retention;

/// <summary>
/// Which recovery points are kept. Each rule keeps the newest point of each of the newest N periods that have one, counted by itself: what
/// any rule keeps is kept. Periods are UTC; weeks are those of ISO 8601. 0: no such rule.
/// </summary>
[GenerateSerializer, Immutable, Alias("rv.RetentionRules")]
public sealed record RetentionRules
{
    /// <summary>The most of any rule: a hundred years of days.</summary>
    public const int MaxCount = 36_525;

    /// <summary>How many of the newest points, whenever they were made.</summary>
    [Id(0)]
    public int Last { get; init; }

    /// <summary>How many days.</summary>
    [Id(1)]
    public int Daily { get; init; }

    /// <summary>How many weeks, Monday to Sunday.</summary>
    [Id(2)]
    public int Weekly { get; init; }

    /// <summary>How many months.</summary>
    [Id(3)]
    public int Monthly { get; init; }

    /// <summary>How many years.</summary>
    [Id(4)]
    public int Yearly { get; init; }

    /// <summary>Refuses counts out of range, and rules that keep nothing.</summary>
    /// <exception cref="VaultException"><see cref="ErrorCodes.InvalidRequest"/>.</exception>
    public RetentionRules Require()
    {
        int[] counts = [Last, Daily, Weekly, Monthly, Yearly];
        if (counts.FirstOrDefault(c => c is < 0 or > MaxCount) is not 0 and var wrong)
            throw new VaultException(ErrorCodes.InvalidRequest, $"A retention rule keeps 0 to {MaxCount} recovery points, not {wrong}.");
        return counts.Any(c => c > 0)
            ? this
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                "A retention policy that keeps nothing is none.",
                "Give at least one of --keep-last, --keep-daily, --keep-weekly, --keep-monthly and --keep-yearly a number above 0."
            );
    }

    /// <summary>
    /// Whether rules keep all that others keep, whatever the recovery points: no count is smaller. Null stands for keeping everything.
    /// </summary>
    public static bool Covers(RetentionRules? rules, RetentionRules? others) =>
        rules is null
        || (
            others is not null
            && rules.Last >= others.Last
            && rules.Daily >= others.Daily
            && rules.Weekly >= others.Weekly
            && rules.Monthly >= others.Monthly
            && rules.Yearly >= others.Yearly
        );

    /// <summary>Rules that keep what either keeps; null, everything, when one of them is.</summary>
    public static RetentionRules? Both(RetentionRules? a, RetentionRules? b) =>
        a is null || b is null
            ? null
            : new()
            {
                Last = Math.Max(a.Last, b.Last),
                Daily = Math.Max(a.Daily, b.Daily),
                Weekly = Math.Max(a.Weekly, b.Weekly),
                Monthly = Math.Max(a.Monthly, b.Monthly),
                Yearly = Math.Max(a.Yearly, b.Yearly),
            };
}

/// <summary>A named set of rules of a vault, which its items may follow.</summary>
/// <param name="Name">See <see cref="PolicyName"/>.</param>
/// <param name="Rules">What it keeps.</param>
/// <param name="Former">What it kept before and goes on keeping for a while; null when nothing.</param>
[GenerateSerializer, Immutable, Alias("rv.RetentionPolicy")]
public sealed record RetentionPolicy(
    [property: Id(0)] string Name,
    [property: Id(1)] RetentionRules Rules,
    [property: Id(2)] FormerRetention? Former = null
);

/// <summary>A policy and who follows it.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="ItemNames">Names of items that follow it, the first <see cref="MaxNames"/>.</param>
/// <param name="ItemCount">How many follow it.</param>
[GenerateSerializer, Immutable, Alias("rv.RetentionPolicyUse")]
public sealed record RetentionPolicyUse(
    [property: Id(0)] RetentionPolicy Policy,
    [property: Id(1)] IReadOnlyList<string> ItemNames,
    [property: Id(2)] int ItemCount
)
{
    /// <summary>The most names in one answer.</summary>
    public const int MaxNames = 100;
}
