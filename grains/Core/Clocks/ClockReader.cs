using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using RecoveryVault.Activity;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Clocks;

/// <summary>Reads the clocks that <see cref="TrustedTime"/> compares.</summary>
public sealed class ClockReader(IBlobStore store, ActivityLog log, TimeProvider time)
{
    /// <summary>Written to see what time the store gives it; what is in it means nothing.</summary>
    public const string BlobName = "clock";

    private readonly ConcurrentDictionary<VaultId, Seen> _seen = new();

    /// <summary>What was found in a log, and when this process began to count from its first proven time.</summary>
    private sealed record Seen(LoggedTimes Times, DateTimeOffset? Start, long Timestamp);

    /// <summary>What all clocks say. The store says its time of what is written to it only, so this writes.</summary>
    public async Task<TrustedTime> ReadAsync(VaultId vaultId, CancellationToken cancellation = default)
    {
        var foreseen = await ForeseeAsync(vaultId, cancellation);
        return foreseen with { Store = await ReadStoreAsync(cancellation) };
    }

    /// <summary>The same without the store's clock, which is taken to agree with the silo's: nothing is written.</summary>
    public async Task<TrustedTime> ForeseeAsync(VaultId vaultId, CancellationToken cancellation = default)
    {
        var silo = time.GetUtcNow();
        var seen = _seen.GetValueOrDefault(vaultId);
        var times = await log.FindTimesAsync(vaultId, silo - TrustedTime.ProofAge, seen?.Times, cancellation);
        seen = seen is { Start: not null } ? seen with { Times = times } : new Seen(times, times.Proven, time.GetTimestamp());
        _seen[vaultId] = seen;
        var counted = seen.Start + time.GetElapsedTime(seen.Timestamp);
        var proven = counted > times.Proven ? counted : times.Proven;
        return new TrustedTime(silo, silo, proven ?? DateTimeOffset.MinValue, times.Newest);
    }

    private async Task<DateTimeOffset> ReadStoreAsync(CancellationToken cancellation)
    {
        var content = new ReadOnlySequence<byte>(RandomNumberGenerator.GetBytes(16));
        await store.PutAsync(BlobName, content, PutCondition.Always, cancellation);
        var page = await store.ListAsync(BlobName, maxCount: 1, cancellation: cancellation);
        return page.Items is [{ Name: BlobName } clock]
            ? clock.LastModified
            : throw new BlobStoreException(BlobError.Unavailable, "The store did not list what was written just now.");
    }
}
