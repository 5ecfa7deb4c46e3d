namespace RecoveryVault.Rotation;

/// <summary>When a versionless key has to be looked at, so that a new version is in force within the hour even when looks fail.</summary>
public static class PollRules
{
    /// <summary>How often the reminder ticks (± a fifth, so that vaults spread out): of three ticks in an hour two may fail.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(15);

    /// <summary>No job starts when the last look is older.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>
    /// When the reminder ticks first. Vaults that were given their keys together part from the first tick on, not only by and by.
    /// </summary>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan FirstTick(double chance) => Period * ((1 / 3.0) + (chance * (1.2 - (1 / 3.0))));

    /// <summary>The period of one vault's reminder, from then on.</summary>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan TickPeriod(double chance) => Period * (0.8 + (chance * 0.4));

    /// <summary>Any call finds the last look too old, and makes a new one start.</summary>
    public static bool IsDue(DateTimeOffset? lastPolledAt, DateTimeOffset now) => AgeOf(lastPolledAt, now) >= Period;

    /// <summary>
    /// A tick of the reminder looks unless somebody has just looked. It must not ask <see cref="IsDue"/>: a tick a second early would then
    /// wait for the next and double the period.
    /// </summary>
    public static bool IsDueAtTick(DateTimeOffset? lastPolledAt, DateTimeOffset now) => AgeOf(lastPolledAt, now) >= Period / 3;

    /// <summary>The last look is too old to start a job on.</summary>
    public static bool IsTooOld(DateTimeOffset? lastPolledAt, DateTimeOffset now) => AgeOf(lastPolledAt, now) >= MaxAge;

    /// <summary>A look in the future was made by a clock that was wrong, then or now: it counts for nothing.</summary>
    private static TimeSpan AgeOf(DateTimeOffset? lastPolledAt, DateTimeOffset now) =>
        lastPolledAt is { } polled && polled <= now ? now - polled : TimeSpan.MaxValue;
}
