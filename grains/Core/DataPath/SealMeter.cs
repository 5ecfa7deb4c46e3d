using System.Diagnostics;
using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.DataPath;

/// <summary>What sessions compress, seal, open and check.</summary>
internal static class SealMeter
{
    private static readonly Counter<long> Sealed = VaultMeter.Counter("rvault.seal.io", "By", "Plaintext bytes sealed into packs.");

    private static readonly Histogram<double> Packs = VaultMeter.Seconds(
        "rvault.seal.duration",
        "Processor time for sealing one pack, without compression and upload."
    );

    private static readonly Counter<long> Opened = VaultMeter.Counter("rvault.open.io", "By", "Plaintext bytes opened and checked.");

    private static readonly Histogram<double> Reads = VaultMeter.Seconds(
        "rvault.open.duration",
        "Processor time for opening and checking what one read of a pack brought."
    );

    private static readonly Counter<long> Faults = VaultMeter.Counter(
        "rvault.open.faults",
        "{chunk}",
        "Chunks that could not be had back: missing, rotten or tampered with."
    );

    /// <summary>A timestamp; 0 while nobody listens, and the clock is not looked at.</summary>
    public static long Start() => Packs.Enabled || Reads.Enabled ? Stopwatch.GetTimestamp() : 0;

    public static TimeSpan Since(long started) => started == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started);

    public static void SealedChunk(int bytes) => Sealed.Add(bytes);

    public static void SealedPack(TimeSpan duration) => Record(Packs, duration);

    public static void OpenedChunks(long bytes, TimeSpan duration)
    {
        Opened.Add(bytes);
        Record(Reads, duration);
    }

    private static void Record(Histogram<double> durations, TimeSpan duration)
    {
        // Nobody listened when it began.
        if (duration > TimeSpan.Zero)
            durations.Record(duration.TotalSeconds);
    }

    public static void Fault(string code) => Faults.Add(1, VaultMeter.Tag(VaultTraces.ErrorType, code));
}
