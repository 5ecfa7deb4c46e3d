using RecoveryVault.Keys;

namespace RecoveryVault.Rotation;

/// <summary>
/// Chooses the version a versionless key URI should use now. A disabled current version is a revocation: then nothing is chosen.
/// </summary>
public static class RotationCandidate
{
    /// <summary>
    /// The newest version that is enabled, within its time window and created later than the current one; null to stay. Creation times are
    /// whole seconds, so of versions of one second the service's own order (<paramref name="oldestFirst"/>) decides.
    /// </summary>
    public static KeyProperties? Choose(string currentKeyId, IReadOnlyList<KeyProperties> oldestFirst, DateTimeOffset now)
    {
        var current = KeyId.Parse(currentKeyId);
        var newer = oldestFirst.SkipWhile(version => version.Id != current).ToList();
        return newer is [{ Enabled: true }, ..] ? newer.Skip(1).LastOrDefault(version => IsUsable(version, now)) : null;
    }

    /// <summary>
    /// While a pass is under way: what takes the place of a target that is of no use any more, for the items that have not reached it yet.
    /// Null while the target can still be used, or when nothing newer can.
    /// </summary>
    public static KeyProperties? Replace(string targetKeyId, IReadOnlyList<KeyProperties> oldestFirst, DateTimeOffset now)
    {
        var target = KeyId.Parse(targetKeyId);
        var newer = oldestFirst.SkipWhile(version => version.Id != target).ToList();
        return newer is [var first, ..] && !IsUsable(first, now) ? newer.Skip(1).LastOrDefault(version => IsUsable(version, now)) : null;
    }

    private static bool IsUsable(KeyProperties version, DateTimeOffset now) =>
        version.Enabled && !(version.NotBefore > now) && !(version.ExpiresOn <= now);
}
