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

    private static bool IsUsable(KeyProperties version, DateTimeOffset now) =>
        version.Enabled && !(version.NotBefore > now) && !(version.ExpiresOn <= now);
}
