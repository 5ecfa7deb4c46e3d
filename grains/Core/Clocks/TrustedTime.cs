using System.Globalization;

namespace RecoveryVault.Clocks;

/// <summary>
/// What several clocks say, none of which is trusted alone. What destroys goes by the earliest, so that a clock that jumps ahead purges
/// nothing; what grants time goes by the latest, so that a clock that lags shortens nothing.
/// </summary>
/// <param name="Silo">The silo's clock.</param>
/// <param name="Store">The store's clock.</param>
/// <param name="Proven">
/// The time of an entry of the activity log that is a day old, or what this process has counted since it first saw one.
/// </param>
/// <param name="NewestLogged">The time of the newest log entry.</param>
public sealed record TrustedTime(DateTimeOffset Silo, DateTimeOffset Store, DateTimeOffset Proven, DateTimeOffset NewestLogged)
{
    /// <summary>
    /// How old a log entry must be to prove its time: a clock that is wrong for less than a day has then written nothing that counts.
    /// </summary>
    public static readonly TimeSpan ProofAge = TimeSpan.FromDays(1);

    /// <summary>The earliest time it can be: by it deleted points are purged.</summary>
    public DateTimeOffset Earliest => Min(Now, Proven);

    /// <summary>The time by silo and store: by it promises are judged that the log cannot have proven yet.</summary>
    public DateTimeOffset Now => Min(Silo, Store);

    /// <summary>The latest time it can be: from it periods are reckoned.</summary>
    public DateTimeOffset Latest => Max(Max(Silo, Store), NewestLogged);

    /// <summary>Why something is held back though the silo's clock says that its time has come; null when nothing holds it.</summary>
    public string? WhyNot(DateTimeOffset due) =>
        Silo < due || Earliest >= due ? null
        : Store < due ? $"the store's clock says {Text(Store)}"
        : $"the activity log proves no later time than {Text(Proven)} (an entry counts when it is a day old)";

    private static string Text(DateTimeOffset time) =>
        time == DateTimeOffset.MinValue ? "the beginning" : time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
