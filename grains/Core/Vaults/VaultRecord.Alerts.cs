using System.Collections.Immutable;
using RecoveryVault.Alerts;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>When the key was looked at; null with platform-managed keys.</summary>
    public KeyHealth? Health { get; init; }

    /// <summary>Open alerts, what matters most first; each raised and resolved one owes its log entry.</summary>
    public ImmutableArray<VaultAlert> Alerts
    {
        get;
        init => field = RecordJson.ListOf(value);
    } = [];

    /// <summary>Bounds the record; there are hardly more conditions.</summary>
    public const int MaxAlerts = 8;

    /// <summary>
    /// Notes a look: conditions that are new are raised, those that are gone resolved, all others stay as they are. What was found out
    /// about another key, or with another identity, says nothing.
    /// </summary>
    /// <param name="seen">The record the look was taken for.</param>
    /// <param name="noteOf">The log entry of an alert that is raised (true) or resolved.</param>
    public VaultRecord NoteLook(VaultRecord seen, KeyLook look, Func<VaultAlert, bool, OwedNote> noteOf)
    {
        var encryption = Settings.Encryption;
        if (seen.KeyPrincipal != KeyPrincipal || seen.Settings.Encryption.Current != encryption.Current || !encryption.IsCustomerManaged)
            return this;
        var keyId = encryption.Current.KeyId;
        var health = look.IsAnswered
            ? KeyHealth.Proven(Health, keyId, look.Facts?.Key?.Properties.ExpiresOn, look.At)
            : KeyHealth.Unanswered(Health, keyId, look.At);
        var conditions = look.IsAnswered
            ? AlertRules.Seen(this, look)
            : Alerts.Where(alert => !AlertRules.IsOfTime(alert.Name)).Select(AlertCondition.Of);
        return (this with { Health = health }).WithAlerts([.. conditions, .. AlertRules.Elapsed(this, health, look.At)], look.At, noteOf);
    }

    private VaultRecord WithAlerts(List<AlertCondition> conditions, DateTimeOffset now, Func<VaultAlert, bool, OwedNote> noteOf)
    {
        var open = conditions
            .OrderByDescending(c => c.Severity)
            .DistinctBy(c => (c.Name, c.Subject))
            .Take(MaxAlerts)
            .Select(c => c.ToAlert(Alerts.FirstOrDefault(c.IsOf), now))
            .ToImmutableArray();
        var resolved = Alerts.RemoveAll(a => open.Any(still => still.AlertId == a.AlertId));
        var raised = open.RemoveAll(a => Alerts.Any(known => known.AlertId == a.AlertId));
        // A vault must always be able to log what its owner does: what has no room now, the next look comes to.
        var room = MaxOwed - 1 - Owed.Length;
        if (resolved.Length + raised.Length > room)
            (open, raised) = (Alerts.RemoveRange(resolved), []);
        return resolved.Length <= room
            ? this with
            {
                Alerts = open,
                Owed = [.. Owed, .. resolved.Select(a => noteOf(a, false)), .. raised.Select(a => noteOf(a, true))],
            }
            : this;
    }
}
