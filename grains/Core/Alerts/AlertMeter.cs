using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Alerts;

/// <summary>Alerts that looks at vaults' keys raise and resolve.</summary>
public static class AlertMeter
{
    private static readonly Counter<long> Raised = VaultMeter.Counter("rvault.alerts.raised", "{alert}", "Alerts raised.");

    private static readonly Counter<long> Resolved = VaultMeter.Counter("rvault.alerts.resolved", "{alert}", "Alerts resolved.");

    public static void Changed(IEnumerable<VaultAlert> before, IEnumerable<VaultAlert> after)
    {
        var (known, open) = (before.ToList(), after.ToList());
        Count(Raised, open.ExceptBy(known.Select(a => a.AlertId), a => a.AlertId));
        Count(Resolved, known.ExceptBy(open.Select(a => a.AlertId), a => a.AlertId));
    }

    private static void Count(Counter<long> counter, IEnumerable<VaultAlert> alerts)
    {
        foreach (var alert in alerts)
            counter.Add(1, VaultMeter.Tag("rvault.alert.name", alert.Name), VaultMeter.Tag("rvault.alert.severity", $"{alert.Severity}"));
    }
}
