namespace RecoveryVault.DataPath;

/// <summary>How much one silo takes on at once.</summary>
/// <param name="Sessions">Backups, restores, verifications and reclaims under way.</param>
/// <param name="SessionsPerClient">Of these, those of one client.</param>
/// <param name="TrafficBytes">Content that requests of the data plane may hold in memory, beside the one request of each session.</param>
public sealed record SessionLimits(int Sessions, int SessionsPerClient, long TrafficBytes)
{
    /// <summary>What a session may come to: an index of a million chunks, chunks that wait for their seal, one request.</summary>
    private const long SessionBytes = 64 << 20;

    private const int SessionsPerProcessor = 64;
    private const int FewestSessions = 16;
    private const int MostSessions = 1024;
    private const int ClientsBeforeFull = 4;
    private const long LeastTraffic = 64 << 20;
    private const long MostTraffic = 4L << 30;

    /// <summary>Of a silo inside a command: its one client is the process itself.</summary>
    public static SessionLimits None { get; } = new(int.MaxValue, int.MaxValue, long.MaxValue);

    /// <summary>What fits: half of the memory for sessions, an eighth of it for their requests.</summary>
    public static SessionLimits For(long memoryBytes, int processors)
    {
        var sessions = (int)
            Math.Clamp(Math.Min(memoryBytes / 2 / SessionBytes, (long)SessionsPerProcessor * processors), FewestSessions, MostSessions);
        return new SessionLimits(sessions, ShareOf(sessions), Math.Clamp(memoryBytes / 8, LeastTraffic, MostTraffic));
    }

    /// <summary>What one client may have of so many sessions, unless somebody says otherwise.</summary>
    public static int ShareOf(int sessions) => Math.Max(1, sessions / ClientsBeforeFull);
}
