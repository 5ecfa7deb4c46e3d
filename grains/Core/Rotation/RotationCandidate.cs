using RecoveryVault.Keys;

namespace RecoveryVault.Rotation;

/// <summary>Chooses the version a versionless key URI should use now. A disabled current version is a revocation, never a reason to step back.</summary>
public static class RotationCandidate
{
    /// <summary>
    /// The newest version that is enabled, within its time window and created later than the current one; null to stay. Creation times are whole seconds, so
    /// of versions of one second the service's own order (<paramref name="oldestFirst"/>) decides.
    /// </summary>
    public static KeyProperties? Choose(string currentKeyId, IReadOnlyList<KeyProperties> oldestFirst, DateTimeOffset now)
    {
        var current = KeyId.Parse(currentKeyId);
        var position = -1;
        for (var i = 0; i < oldestFirst.Count; i++)
        {
            if (oldestFirst[i].Id == current) position = i;
        }
        return position < 0 ? null : oldestFirst.Skip(position + 1).LastOrDefault(version => IsUsable(version, now));
    }

    private static bool IsUsable(KeyProperties version, DateTimeOffset now) =>
        version.Enabled && !(version.NotBefore > now) && !(version.ExpiresOn <= now);
}
