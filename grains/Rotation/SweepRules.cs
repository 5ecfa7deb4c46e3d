using RecoveryVault.Keys;

namespace RecoveryVault.Rotation;

/// <summary>When a tick looks for what somebody stored for a generation that is over. That reads each item's record and rings.</summary>
public static class SweepRules
{
    /// <summary>Whoever worked for the old version when the new one came is done, or dead, long before.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromHours(2);

    /// <summary>At each tick after a change of the key, and of whoever was frozen for longer once a day, at the vault's own hour.</summary>
    public static bool IsDue(VaultKeyContext keys, DateTimeOffset now) =>
        keys.KeySince is { } since && (now - since).Duration() < Settling
        || keys.LastPolledAt is not { } polled
        || DayOf(keys, polled) != DayOf(keys, now);

    private static DateOnly DayOf(VaultKeyContext keys, DateTimeOffset time) =>
        DateOnly.FromDateTime(time.UtcDateTime + TimeSpan.FromMinutes((int)(keys.VaultId.Value % 1440)));
}
