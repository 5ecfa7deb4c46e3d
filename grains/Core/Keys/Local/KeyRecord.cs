namespace RecoveryVault.Keys.Local;

/// <summary>
/// A key with all its versions as it is kept, in the order of their creation: the last is the latest, whatever the clock said. A deleted
/// key stays whole until it is purged. Dispose zeroes the private halves; a record made from another by <c>with</c> shares them.
/// </summary>
internal sealed record KeyRecord(
    int Format,
    string Name,
    IReadOnlyList<KeyVersionRecord> Versions,
    long? DeletedOn = null,
    long? ScheduledPurgeOn = null,
    RotationPolicy? RotationPolicy = null
) : IDisposable
{
    public KeyVersionRecord Latest => Versions[^1];

    /// <summary>Usable: neither deleted nor waiting for its purge.</summary>
    public bool IsActive => DeletedOn is null;

    /// <summary>Deleted, and the retention has not ended. A key whose retention has ended is gone for every caller.</summary>
    public bool IsRecoverable(long now) => ScheduledPurgeOn > now;

    public KeyVersionRecord? Find(string? version) =>
        version is null ? Latest : Versions.FirstOrDefault(candidate => candidate.Version == version);

    public KeyRecord Add(KeyVersionRecord version) => this with { Versions = [.. Versions, version] };

    public KeyRecord Replace(KeyVersionRecord version) =>
        this with
        {
            Versions = [.. Versions.Select(existing => existing.Version == version.Version ? version : existing)],
        };

    public KeyRecord Delete(long now, int retentionDays) =>
        this with
        {
            DeletedOn = now,
            ScheduledPurgeOn = now + (retentionDays * 86_400L),
        };

    public KeyRecord Recover() => this with { DeletedOn = null, ScheduledPurgeOn = null };

    public void Dispose()
    {
        foreach (var version in Versions)
            version.Dispose();
    }
}
