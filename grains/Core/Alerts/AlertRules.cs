using System.Globalization;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Alerts;

/// <summary>What is the matter with a vault's key: of a look that was answered, and of the time that has passed.</summary>
public static class AlertRules
{
    /// <summary>These follow from time alone, with or without an answer.</summary>
    public static bool IsOfTime(string name) => name is AlertNames.KeyVaultUnreachable or AlertNames.RotationOverdue;

    /// <summary>What an answered look shows.</summary>
    public static IEnumerable<AlertCondition> Seen(VaultRecord vault, KeyLook look)
    {
        var encryption = vault.Settings.Encryption;
        var current = KeyId.Parse(encryption.Current.KeyId);
        var unmet = CmkPreconditions.Check(vault, look.Facts, look.At).Where(entry => entry.Met == false).ToList();
        var effect = EffectOf(look.Facts);
        if (effect is not null && unmet.FirstOrDefault(e => !IsOfKeyVault(e)) is { Code: { } code } first)
        {
            unmet.RemoveAll(e => !IsOfKeyVault(e));
            var fix = KeyRemedies.Of(code, current) ?? first.Fix;
            yield return new(AlertNames.KeyDenied, AlertSeverity.Critical, code, current.ToString(), $"{first.Detail} {effect}", fix);
        }
        foreach (var entry in unmet)
            yield return new(AlertNames.PreconditionLost, AlertSeverity.Warning, entry.Code ?? "", entry.Name, entry.Detail, entry.Fix);
        foreach (var other in look.Leaving.Where(v => v.Code is not null))
            yield return Blocked(encryption, other);
        if (Expiring(vault, current, look.Facts?.Key?.Properties.ExpiresOn, look.At) is { } expiring)
            yield return expiring;
        foreach (var other in look.Leaving.Where(v => v.Code is null))
            if (ExpiringOld(other, look.At) is { } old)
                yield return old;
    }

    /// <summary>What the time that has passed shows.</summary>
    public static IEnumerable<AlertCondition> Elapsed(VaultRecord vault, KeyHealth health, DateTimeOffset now)
    {
        var encryption = vault.Settings.Encryption;
        var current = KeyId.Parse(encryption.Current.KeyId);
        if (health.CheckedAt - health.AnsweredAt >= KeyHealth.UnreachableAfter)
            yield return new(
                AlertNames.KeyVaultUnreachable,
                AlertSeverity.Critical,
                ErrorCodes.KeyVaultUnreachable,
                current.Host,
                $"{current.Host} has given no answer since {Text(health.AnsweredAt)}. Nothing is revoked, but nothing can be backed up or restored.",
                "Mend the way to the key vault; everything goes on by itself when it answers.",
                health.AnsweredAt
            );
        if (encryption.Previous is { } previous)
        {
            if (now - Later(encryption.Current.Since, health.WatchedSince) >= KeyHealth.OverdueAfter)
                yield return Overdue(
                    current,
                    $"The rotation from {KeyVersions.Bare(previous.KeyId)} to {current.Version} began {Text(encryption.Current.Since)} and has not ended."
                );
        }
        else if (
            vault.FollowsRotation
            && now - Later(vault.LastPolledAt ?? health.WatchedSince, health.WatchedSince) >= KeyHealth.OverdueAfter
        )
            yield return Overdue(current, $"No look for a newer version of {current.Name} has succeeded since {Text(vault.LastPolledAt)}.");
    }

    /// <summary>The warning about a version in force that expires before long; null when it does not, or has already.</summary>
    public static AlertCondition? Expiring(VaultRecord vault, KeyId keyId, DateTimeOffset? expiresOn, DateTimeOffset now) =>
        expiresOn is { } time && time > now && time - now <= KeyHealth.ExpiryNotice
            ? new(
                AlertNames.KeyExpiring,
                AlertSeverity.Warning,
                ErrorCodes.KeyExpiresSoon,
                keyId.ToString(),
                $"Version {keyId.Version} of the vault's key expires on {Text(time)}. From then on backups stop; restores go on.",
                KeyRemedies.Renew(vault.Settings.Name, keyId, vault.FollowsRotation)
            )
            : null;

    private static AlertCondition? ExpiringOld(VersionLook old, DateTimeOffset now) =>
        old.ExpiresOn is { } time && time > now && time - now <= KeyHealth.ExpiryNotice
            ? new(
                AlertNames.KeyExpiring,
                AlertSeverity.Warning,
                ErrorCodes.KeyExpiresSoon,
                old.KeyId.ToString(),
                $"Version {old.KeyId.Version}, which items still need, expires on {Text(time)}. It goes on unwrapping, so the rotation can end.",
                "Nothing needs to be done if the rotation ends: see 'rvault vault encryption versions'."
            )
            : null;

    private static AlertCondition Blocked(EncryptionSettings encryption, VersionLook version) =>
        new(
            AlertNames.RotationBlocked,
            AlertSeverity.Critical,
            ErrorCodes.RotationBlocked,
            version.KeyId.ToString(),
            $"Version {version.KeyId.Version} cannot be used ({version.Code}), and items still need it: the rotation to "
                + $"{KeyVersions.Bare(encryption.Current.KeyId)} waits, and these items can be neither backed up nor restored.",
            KeyRemedies.Of(version.Code ?? "", version.KeyId) ?? ErrorTable.Find(version.Code ?? "")?.Fix ?? ""
        );

    private static AlertCondition Overdue(KeyId current, string what) =>
        new(
            AlertNames.RotationOverdue,
            AlertSeverity.Warning,
            ErrorCodes.RotationOverdue,
            current.Versionless.ToString(),
            what,
            "Run 'rvault vault encryption sync', which says what is in the way."
        );

    /// <summary>What the version in force does not do for the vault any more; null when it wraps and unwraps.</summary>
    private static string? EffectOf(KeyFacts? facts) =>
        facts is null || facts.UnwrapFault is not null ? "Nothing can be backed up, restored or verified; nothing is destroyed."
        : facts.WrapFault is not null ? "Backups stop; restores go on."
        : null;

    private static bool IsOfKeyVault(ChecklistEntry entry) => entry.Step == 3 || entry.Name is "Same region" or "RSA key";

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static string Text(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "the key was assigned";
}
