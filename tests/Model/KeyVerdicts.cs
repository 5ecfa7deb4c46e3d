using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// What the key vaults say of each key version, and since when: what operations must be told, and from when on they must be told it.
/// </summary>
internal sealed class KeyVerdicts
{
    private readonly Dictionary<KeyId, (string Code, DateTimeOffset Since)> _refused = [];

    /// <summary>Keys of this vault, the one in force last.</summary>
    public List<KeyLedger> Keys { get; } = [];

    public KeyLedger Of(KeyId version) => Keys.Single(k => k.Host == version.Host);

    /// <summary>To be called whenever a key vault has changed.</summary>
    public void Look(DateTimeOffset now)
    {
        foreach (var version in Keys.SelectMany(k => k.Versions))
        {
            if (Judge(version) is not { } code)
                _refused.Remove(version);
            else
                _refused[version] = (code, _refused.TryGetValue(version, out var known) ? known.Since : now);
        }
    }

    /// <summary>In the order in which a key vault looks.</summary>
    private string? Judge(KeyId version) =>
        Of(version) switch
        {
            { Outage: not null } => ErrorCodes.KeyVaultUnreachable,
            { IsRevoked: true } => ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
            { IsDeleted: true } => ErrorCodes.UserErrorCMKKeyVaultAuthFailure,
            var key when key.Disabled.Contains(version) => ErrorCodes.UserErrorCMKKeyDisabled,
            _ => null,
        };

    /// <summary>The code that whoever asks is told now; null when it may be used.</summary>
    public string? CodeOf(KeyId version) => _refused.TryGetValue(version, out var refused) ? refused.Code : null;

    /// <summary>Whether no data key that this version wraps can be in any silo's memory any more.</summary>
    public bool IsForgotten(KeyId version, DateTimeOffset now) =>
        _refused.TryGetValue(version, out var refused) && now - refused.Since >= DekCache.TimeToLive;

    public bool AreAllHealthy => _refused.Count == 0;
}
