using System.Globalization;

namespace RecoveryVault.Tests.Serving;

/// <summary>What another process holds, as Linux tells it. All but the first two are gone with the process.</summary>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="PeakBytes">The most there ever was of it.</param>
/// <param name="AnonymousBytes">Of the resident memory what no file stands behind: the collector's heap, above all, and stacks.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Files">Open files, sockets included.</param>
internal sealed record ProcessUse(long ResidentBytes, long PeakBytes, long AnonymousBytes, int Threads, int Files)
{
    public static ProcessUse Of(int processId)
    {
        var status = File.ReadAllLines($"/proc/{processId}/status")
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1].Replace("kB", "", StringComparison.Ordinal).Trim());
        return new ProcessUse(
            KibOf(status["VmRSS"]),
            KibOf(status["VmHWM"]),
            KibOf(status["RssAnon"]),
            int.Parse(status["Threads"], CultureInfo.InvariantCulture),
            Directory.GetFileSystemEntries($"/proc/{processId}/fd").Length
        );
    }

    private static long KibOf(string text) => long.Parse(text, CultureInfo.InvariantCulture) << 10;
}
