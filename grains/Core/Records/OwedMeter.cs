using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Records;

/// <summary>What changes of vaults and items still owe to jobs and activity logs, as far as this silo has tried to pay.</summary>
public static class OwedMeter
{
    private static readonly RecentReports<int> Debtors = new(TimeSpan.FromHours(1));

    private static readonly Counter<long> Failures = VaultMeter.Counter(
        "rvault.notes.unpaid",
        "{attempt}",
        "Attempts to write owed log entries and job ends that failed; what is owed stays owed."
    );

    static OwedMeter() =>
        VaultMeter.Gauge(
            "rvault.notes.owed",
            "{note}",
            "Log entries and job ends that are owed; a vault that owes 16 takes on no further change.",
            () => [new(Debtors.Current.Sum())]
        );

    /// <param name="debtor">The record's key.</param>
    /// <param name="left">What it owes now.</param>
    /// <param name="time">The clock.</param>
    public static void Tried(string debtor, int left, TimeProvider time)
    {
        if (left == 0)
        {
            Debtors.Remove(debtor);
            return;
        }
        Debtors.Set(debtor, left, time);
        Failures.Add(1);
    }
}
