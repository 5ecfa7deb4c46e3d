using RecoveryVault.Errors;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

public sealed partial class ActivityLog
{
    /// <summary>
    /// The time of the newest entry, and that of the newest one not younger than <paramref name="limit"/>, found by halving. Where clocks
    /// once ran backwards, it may be an earlier entry: never one younger than the limit. An entry that cannot be read proves nothing.
    /// </summary>
    /// <param name="known">What was found before: entries only come behind it.</param>
    public async Task<LoggedTimes> FindTimesAsync(
        VaultId vaultId,
        DateTimeOffset limit,
        LoggedTimes? known = null,
        CancellationToken cancellation = default
    )
    {
        var end = await FindEndAsync(vaultId, known?.NewestSeq ?? 0, cancellation);
        var newest = await FindTimeAsync(vaultId, end, cancellation);
        var (proven, provenSeq) = known is null || known.Proven > limit ? (null, 0) : (known.Proven, known.ProvenSeq);
        for (long low = provenSeq + 1, high = end; low <= high; )
        {
            var middle = low + (high - low) / 2;
            if (await FindTimeAsync(vaultId, middle, cancellation) is { } time && time <= limit)
            {
                (proven, provenSeq) = (time > proven || proven is null ? time : proven, middle);
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }
        return new LoggedTimes(newest ?? DateTimeOffset.MinValue, end, proven, provenSeq);
    }

    private async Task<DateTimeOffset?> FindTimeAsync(VaultId vaultId, long seq, CancellationToken cancellation)
    {
        try
        {
            return seq == 0 ? null : (await ReadAsync(vaultId, seq, cancellation))?.Record.Time;
        }
        catch (VaultException)
        {
            return null;
        }
    }
}

/// <summary>Times of a log's entries.</summary>
/// <param name="Newest">Of the last entry; the beginning of time when there is none.</param>
/// <param name="NewestSeq">The last entry's number; 0 when there is none.</param>
/// <param name="Proven">Of the newest entry up to the limit; null when there is none.</param>
/// <param name="ProvenSeq">Up to that number entries were looked at.</param>
public sealed record LoggedTimes(DateTimeOffset Newest, long NewestSeq, DateTimeOffset? Proven, long ProvenSeq);
