using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rotation;

/// <summary>The rotations this silo drives, from the first slice of a pass until nothing is left.</summary>
public static class RotationMeter
{
    public const string Running = "running";

    /// <summary>An outage, of the key vault or the store, ended the slice.</summary>
    public const string Waiting = "waiting";

    /// <summary>Items were refused, and there is no other version to go to.</summary>
    public const string Blocked = "blocked";

    /// <summary>Three ticks of the reminder: who has not been heard of for longer is another silo's.</summary>
    private static readonly TimeSpan Validity = 3 * PollRules.Period;

    private static readonly RecentReports<Pass> Passes = new(Validity);

    private static readonly Counter<long> Items = VaultMeter.Counter(
        "rvault.rotation.items",
        "{item}",
        "Items that passes worked on, by outcome."
    );

    static RotationMeter()
    {
        VaultMeter.Gauge("rvault.rotation.vaults", "{vault}", "Vaults whose rotation has not ended, by how it stands.", CountVaults);
        VaultMeter.Gauge(
            "rvault.rotation.items_left",
            "{item}",
            "Items that wait to be re-wrapped.",
            () => [new(Passes.Current.Sum(p => p.Left))]
        );
        VaultMeter.Age(
            "rvault.rotation.oldest.age",
            "How long the oldest rotation that has not ended has been going on.",
            () => [new(Passes.Current.Select(p => p.Age.TotalSeconds).DefaultIfEmpty().Max())]
        );
    }

    private sealed record Pass(DateTimeOffset Since, long Left, string State, TimeProvider Time)
    {
        public TimeSpan Age => TimeSpan.FromTicks(Math.Max(0, (Time.GetUtcNow() - Since).Ticks));
    }

    /// <summary>What a slice of a pass came to; nothing left: it is over.</summary>
    /// <param name="since">When the version in force was announced; null: not known.</param>
    public static void Report(VaultId vaultId, DateTimeOffset? since, long left, TimeProvider time)
    {
        if (left == 0)
            Forget(vaultId);
        else
            Passes.Set(vaultId.ToString(), new Pass(since ?? time.GetUtcNow(), left, Running, time), time);
    }

    /// <summary>A slice ended before its work was done.</summary>
    public static void Halt(VaultId vaultId, DateTimeOffset? since, string state, TimeProvider time)
    {
        var left = Passes.Find(vaultId.ToString())?.Left ?? 1;
        Passes.Set(vaultId.ToString(), new Pass(since ?? time.GetUtcNow(), left, state, time), time);
    }

    /// <summary>It is over, or another silo's.</summary>
    public static void Forget(VaultId vaultId) => Passes.Remove(vaultId.ToString());

    public static void Worked(bool isRefused) => Items.Add(1, VaultMeter.Tag("rvault.rotation.outcome", isRefused ? "refused" : "passed"));

    private static IEnumerable<Measurement<long>> CountVaults()
    {
        var passes = Passes.Current.ToList();
        return ((string[])[Running, Waiting, Blocked]).Select(state => new Measurement<long>(
            passes.Count(p => p.State == state),
            VaultMeter.Tag("rvault.rotation.state", state)
        ));
    }
}
