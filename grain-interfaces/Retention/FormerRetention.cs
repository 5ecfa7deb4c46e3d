namespace RecoveryVault.Retention;

/// <summary>
/// Rules that a single command replaced by weaker ones: until their time they go on keeping what they kept, beside the new ones.
/// </summary>
/// <param name="Rules">What they are; null: they kept everything.</param>
/// <param name="Until">Until when, UTC.</param>
[GenerateSerializer, Immutable, Alias("rv.FormerRetention")]
public sealed record FormerRetention([property: Id(0)] RetentionRules? Rules, [property: Id(1)] DateTimeOffset Until)
{
    /// <summary>What goes on keeping when rules give way to others.</summary>
    /// <param name="former">What goes on keeping already; null: nothing.</param>
    /// <param name="left">The rules until now; null: everything is kept.</param>
    /// <param name="next">The rules from now on; null: everything is kept.</param>
    /// <param name="earliest">The earliest time it can be, by which it is judged what is over.</param>
    /// <param name="until">When what is left now may let go at the earliest.</param>
    /// <returns>Null when the new rules keep all that was kept.</returns>
    public static FormerRetention? Leave(
        FormerRetention? former,
        RetentionRules? left,
        RetentionRules? next,
        DateTimeOffset earliest,
        DateTimeOffset until
    )
    {
        var standing = former?.Until > earliest ? former : null;
        var held = standing is null ? left : RetentionRules.Both(standing.Rules, left);
        return RetentionRules.Covers(next, held) ? null
            : RetentionRules.Covers(next, left) ? standing
            : new FormerRetention(held, until);
    }
}
