using RecoveryVault.Errors;

namespace RecoveryVault.Retention;

/// <summary>
/// For how long a deletion can be taken back: the period in force, and a shorter one somebody has asked for. A deletion keeps what was in
/// force when it was made.
/// </summary>
/// <param name="Days">In force, 14 to 180.</param>
/// <param name="NextDays">A shorter one that comes into force later; null when none was asked for.</param>
/// <param name="NextFrom">When it does, UTC.</param>
[GenerateSerializer, Immutable, Alias("rv.SoftDeletePeriod")]
public sealed record SoftDeletePeriod(
    [property: Id(0)] int Days,
    [property: Id(1)] int? NextDays = null,
    [property: Id(2)] DateTimeOffset? NextFrom = null
)
{
    /// <summary>The shortest period, and that of a vault whose owner said nothing.</summary>
    public const int MinDays = 14;

    /// <summary>The longest.</summary>
    public const int MaxDays = 180;

    /// <summary>What a vault has at first.</summary>
    public static SoftDeletePeriod Default { get; } = new(MinDays);

    /// <summary>The days in force at a time.</summary>
    public int DaysAt(DateTimeOffset time) => NextFrom <= time ? NextDays ?? Days : Days;

    /// <summary>When what is given up now is gone at the earliest.</summary>
    /// <param name="earliest">The earliest time it can be, by which it is judged what is in force.</param>
    /// <param name="latest">The latest time it can be, from which the period is reckoned.</param>
    public DateTimeOffset EndOf(DateTimeOffset earliest, DateTimeOffset latest) => latest.AddDays(DaysAt(earliest));

    /// <summary>
    /// Asks for another period. A longer one is in force at once. A shorter one only when as many days as the longer one has have passed:
    /// so no single command, and nobody who has a session for an hour, shortens what can be had back.
    /// </summary>
    /// <param name="days">14 to 180.</param>
    /// <param name="earliest">The earliest time it can be, by which it is judged what is in force.</param>
    /// <param name="latest">The latest time it can be, from which the waiting is reckoned.</param>
    /// <exception cref="VaultException">InvalidRequest.</exception>
    public SoftDeletePeriod Set(int days, DateTimeOffset earliest, DateTimeOffset latest)
    {
        if (days is < MinDays or > MaxDays)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"What is deleted can be had back for {MinDays} to {MaxDays} days, got {days}.",
                $"Name a number of days from {MinDays} to {MaxDays}."
            );
        var inForce = DaysAt(earliest);
        if (days >= inForce)
            return new(days);
        return NextDays == days && inForce == Days ? this : new(inForce, days, latest.AddDays(inForce));
    }
}
