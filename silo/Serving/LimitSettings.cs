using System.Globalization;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;

namespace RecoveryVault.Serving;

/// <summary>How much a silo takes on at once, from its environment; what is not said follows from memory and processors.</summary>
public static class LimitSettings
{
    public static readonly Setting Sessions = new("RVAULT_MAX_SESSIONS", "", "sessions, 1 to 100000", "64");
    public static readonly Setting SessionsPerClient = new("RVAULT_MAX_SESSIONS_PER_CLIENT", "", "sessions, 1 to 100000", "16");
    public static readonly Setting Traffic = new("RVAULT_MAX_TRAFFIC_MIB", "", "MiB, 64 to 1048576", "1024");

    private const int MostSessions = 100_000;

    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest: one that cannot be used.</exception>
    public static SessionLimits Read(Func<string, string?> variable)
    {
        var fitting = SessionLimits.For(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.ProcessorCount);
        var sessions = NumberOf(Sessions, variable, 1, MostSessions) ?? fitting.Sessions;
        var perClient = NumberOf(SessionsPerClient, variable, 1, MostSessions) ?? SessionLimits.ShareOf(sessions);
        var traffic = NumberOf(Traffic, variable, 64, 1 << 20) is { } mib ? (long)mib << 20 : fitting.TrafficBytes;
        return new SessionLimits(sessions, Math.Min(perClient, sessions), traffic);
    }

    private static int? NumberOf(Setting setting, Func<string, string?> variable, int least, int most)
    {
        if (variable(setting.Name) is not { Length: > 0 } value)
            return null;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw setting.Refuse(value, "it is no such number");
    }
}
