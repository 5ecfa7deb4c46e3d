using System.Collections.Concurrent;
using System.Security.Cryptography;
using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;

namespace RecoveryVault.Tests.Chaos;

/// <summary>A recovery point that was acknowledged: nothing may take it away any more.</summary>
internal sealed record AcknowledgedPoint(string Name, string Content);

/// <summary>An item that is backed up all the time from a source that changes, and what its owner was told.</summary>
internal sealed class ChaosItem(VaultClient client, string name, ItemKey key, string source)
{
    public const string FileName = "data";

    private const int MaxBytes = 40_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>What a cluster that loses silos all the time may say; then the owner tries again.</summary>
    private static readonly HashSet<string> Outages =
    [
        ErrorCodes.ClusterUnavailable,
        ErrorCodes.SessionLost,
        ErrorCodes.JobInterrupted,
        ErrorCodes.BackupInProgress,
        ErrorCodes.KeyPermitLapsed,
    ];

    private readonly Lock _gate = new();
    private long _begunOfAcknowledged;

    public string Name => name;

    public ItemKey Key => key;

    public ConcurrentQueue<AcknowledgedPoint> Points { get; } = [];

    /// <summary>Backups that began again, or failed and were begun again by hand.</summary>
    public int Restarts => _restarts;

    /// <summary>Codes of the backups that failed.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    private readonly ConcurrentQueue<string> _told = [];
    private int _restarts;

    /// <summary>When the latest backup began that was acknowledged.</summary>
    public long BegunOfAcknowledged
    {
        get
        {
            lock (_gate)
                return _begunOfAcknowledged;
        }
    }

    public static string ContentOf(string directory) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Join(directory, FileName))));

    /// <summary>What it met last, and when, for whoever asks why it was not backed up.</summary>
    public string Told => string.Join("\n  ", _told.TakeLast(6));

    /// <summary>Changes what the next backup finds.</summary>
    public void Change() =>
        File.WriteAllBytes(
            Path.Join(Directory.CreateDirectory(source).FullName, FileName),
            RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(1, MaxBytes))
        );

    /// <summary>Backs up until told to stop, and once more after that.</summary>
    public async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await BackUpAsync();
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
        while (!await BackUpAsync())
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
    }

    private async Task<bool> BackUpAsync()
    {
        Change();
        var (content, begun) = (ContentOf(source), TimeProvider.System.GetTimestamp());
        try
        {
            var options = new BackupOptions { OnRestart = cause => Restarted(begun, cause) };
            var report = await client.BackUpAsync(client.OpenItem(key), options);
            Points.Enqueue(new AcknowledgedPoint(report.Outcome.RecoveryPoint.Name, content));
            lock (_gate)
                _begunOfAcknowledged = begun;
            return true;
        }
        catch (VaultException e) when (Outages.Contains(e.Code))
        {
            Failures.Enqueue(e.Code);
            Tell("failed", begun, e);
            return false;
        }
        catch (Exception e)
        {
            _told.Enqueue($"gave up after {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s: {e.Message}");
            throw;
        }
    }

    private void Restarted(long begun, VaultException cause)
    {
        Interlocked.Increment(ref _restarts);
        Tell("began again", begun, cause);
    }

    private void Tell(string what, long begun, VaultException cause) =>
        _told.Enqueue(
            $"{TimeProvider.System.GetUtcNow():HH:mm:ss} {what} after {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s: {cause.Code}: {cause.Message}"
        );
}
