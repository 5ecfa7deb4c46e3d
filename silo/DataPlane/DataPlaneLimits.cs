using RecoveryVault.DataPath;

namespace RecoveryVault.DataPlane;

/// <summary>What the requests of a data plane may take, all of them together.</summary>
/// <param name="TrafficBytes">Content held in memory, beside the one request each session always has.</param>
/// <param name="Connections">Connections at once; more are closed.</param>
/// <param name="ClientOf">Whose a session is; null: its own.</param>
public sealed record DataPlaneLimits(long TrafficBytes, long Connections, Func<SessionTicket, string?> ClientOf)
{
    private const int ConnectionsPerSession = 16;
    private const int FewestConnections = 256;

    /// <summary>Every session that has a place can connect.</summary>
    public static DataPlaneLimits For(SessionLimits limits, InProcessDataPlane sessions) =>
        new(limits.TrafficBytes, Math.Max(FewestConnections, (long)limits.Sessions * ConnectionsPerSession), sessions.ClientOf);

    internal static DataPlaneLimits Unbounded { get; } = new(long.MaxValue, FewestConnections, static _ => null);
}
