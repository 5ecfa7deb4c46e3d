using RecoveryVault.Records;

namespace RecoveryVault.Alerts;

/// <summary>When a vault's key was looked at, and whether it answered; kept beside the vault's settings.</summary>
/// <param name="CheckedAt">The last look.</param>
/// <param name="AnsweredAt">The last one that was answered; at first the time of the first one.</param>
/// <param name="WatchedSince">Since when no two looks were further apart than <see cref="Gap"/>.</param>
/// <param name="KeyId">The version in force at the last answer.</param>
/// <param name="ExpiresOn">When that version expires; null: never.</param>
public sealed record KeyHealth(
    DateTimeOffset CheckedAt,
    DateTimeOffset AnsweredAt,
    DateTimeOffset WatchedSince,
    string KeyId,
    DateTimeOffset? ExpiresOn
) : Evolving
{
    /// <summary>How old a look may be before another is due: two of them fit into the hour.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(30);

    /// <summary>A longer time without a look means that nobody was there to look, and says nothing about the key.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromMinutes(90);

    public static readonly TimeSpan UnreachableAfter = TimeSpan.FromHours(1);

    public static readonly TimeSpan OverdueAfter = TimeSpan.FromHours(2);

    /// <summary>How long before it expires a version is warned of.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(30);

    /// <summary>After a look at a version that was answered with all that was asked.</summary>
    public static KeyHealth Proven(KeyHealth? before, string keyId, DateTimeOffset? expiresOn, DateTimeOffset now) =>
        new(now, now, WatchedFrom(before, now), keyId, expiresOn);

    /// <summary>After a look that was not answered.</summary>
    public static KeyHealth Unanswered(KeyHealth? before, string keyId, DateTimeOffset now) =>
        before is null
            ? new(now, now, now, keyId, null)
            : before with
            {
                CheckedAt = now,
                WatchedSince = WatchedFrom(before, now),
                AnsweredAt = before.AnsweredAt <= now ? before.AnsweredAt : now,
            };

    /// <summary>A look in the future was made by a clock that was wrong, then or now: it counts for nothing.</summary>
    public static bool IsDue(KeyHealth? health, TimeSpan age, DateTimeOffset now) =>
        health is null || health.CheckedAt > now || now - health.CheckedAt >= age;

    private static DateTimeOffset WatchedFrom(KeyHealth? before, DateTimeOffset now) =>
        before is not null && before.CheckedAt <= now && now - before.CheckedAt <= Gap ? before.WatchedSince : now;
}
