namespace RecoveryVault.Keys.Local;

// Rotation by policy. A local key vault has no thread of its own: whoever serves one asks it to rotate what is due.
public sealed partial class LocalKeyVault
{
    /// <summary>The policy of a key; <see cref="RotationPolicy.Default"/> when none was set.</summary>
    public Task<RotationPolicy> GetRotationPolicyAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.GetRotationPolicy,
            name,
            vault =>
                _blobs.ReadKeyAsync(
                    vault.Name,
                    name,
                    key => RequireActive(key, name).RotationPolicy ?? RotationPolicy.Default,
                    cancellation
                ),
            cancellation
        );

    public Task<RotationPolicy> SetRotationPolicyAsync(string name, RotationPolicy policy, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.SetRotationPolicy,
            name,
            vault =>
                _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    existing =>
                    {
                        var key = RequireActive(existing, name);
                        var next = policy.Validated() with { CreatedOn = key.RotationPolicy?.CreatedOn ?? Now, UpdatedOn = Now };
                        return (key with { RotationPolicy = next }, next);
                    },
                    cancellation
                ),
            cancellation
        );

    /// <summary>Makes the version that a key's policy asks for by now: one, however long nobody looked. True when it did.</summary>
    public Task<bool> RotateIfDueAsync(string name, CancellationToken cancellation = default) =>
        CallAsync(
            KeyPermissions.Rotate,
            name,
            async vault =>
            {
                if (!await _blobs.ReadKeyAsync(vault.Name, name, IsRotationDue, cancellation))
                    return false;
                using var version = await ReadVersionAsync(vault, name, null, NextVersion, cancellation);
                return await _blobs.UpdateKeyAsync(
                    vault.Name,
                    name,
                    // Another process may have rotated meanwhile, or the key may be gone.
                    existing => IsRotationDue(existing) ? (existing?.Add(version), true) : (existing, false),
                    cancellation
                );
            },
            cancellation
        );

    private bool IsRotationDue(KeyRecord? key) => key is { IsActive: true, RotationPolicy: { } policy } && policy.IsDue(key.Latest, Now);

    private KeyVersionRecord NextVersion(KeyRecord key, KeyVersionRecord latest)
    {
        var next = NewVersion(latest.Shape, latest.Operations, latest.Tags);
        return next with { ExpiresOn = key.RotationPolicy?.ExpiryOf(next.CreatedOn) };
    }
}
