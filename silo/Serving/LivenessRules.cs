using Orleans.Configuration;

namespace RecoveryVault.Serving;

/// <summary>When the silos of a cluster take one of them for dead: it has missed three probes, and said nothing else for 15 s.</summary>
internal static class LivenessRules
{
    /// <summary>The time for an answer, and between two probes.</summary>
    public static readonly TimeSpan Probe = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan HeartbeatPeriod = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(10);

    public static void Apply(ClusterMembershipOptions membership)
    {
        // A silo whose clock is behind would look as if it had been joining for long, and be put out before it had begun.
        membership.EvictWhenMaxJoinAttemptTimeExceeded = false;
        // One silo's vote alone puts out a dead one only when most of the others have missed three heartbeats: with the default, of half a
        // minute, the last of three would stand alone for a minute and a half.
        membership.IAmAliveTablePublishTimeout = HeartbeatPeriod;
        // Whoever misses probes has another silo probe, too, and nothing counts while that one does not answer either: the last of three
        // learned only after the default of a minute that the other one's heartbeats are stale as well.
        membership.TableRefreshTimeout = LookPeriod;
        // Nobody votes against a silo from which anything came within three of the longest probes. By default the longest has 20 s: one
        // that stands still was waited for a minute, and so was every call to it. The shortest has half of the usual by default: less than
        // a busy machine makes a silo wait.
        membership.ProbeTimeout = membership.MinProbeTimeout = membership.MaxProbeTimeout = Probe;
    }
}
