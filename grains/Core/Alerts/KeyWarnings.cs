using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Alerts;

/// <summary>What the checklist adds to the preconditions: how long the key is good for, and alerts that no precondition tells.</summary>
public static class KeyWarnings
{
    private const int Step = 4;

    /// <param name="isVaultsOwn">Whether it is the assigned key that was looked at, and not one that may be assigned.</param>
    public static IEnumerable<ChecklistEntry> Of(VaultRecord vault, KeyFacts? facts, bool isVaultsOwn, DateTimeOffset now)
    {
        var subject = facts?.Key?.Properties is { Enabled: true } key && !(key.ExpiresOn <= now) ? key : null;
        if (subject is not null)
            yield return AlertRules.Expiring(vault, subject.Id, subject.ExpiresOn, now) is { } expiring
                ? new(Step, "Key expiry", false, expiring.Code, expiring.Description, expiring.Recommendation)
                : new(Step, "Key expiry", true, null, subject.ExpiresOn is { } time ? $"Expires on {time:u}." : "Never expires.", "");
        if (!isVaultsOwn)
            yield break;
        foreach (var alert in vault.Alerts.Where(a => IsToldByNoPrecondition(a) && a.Subject != subject?.Id.ToString()))
            yield return new(Step, alert.Name, false, alert.Code, alert.Description, alert.Recommendation);
    }

    private static bool IsToldByNoPrecondition(VaultAlert alert) => alert.Name is not (AlertNames.KeyDenied or AlertNames.PreconditionLost);
}
