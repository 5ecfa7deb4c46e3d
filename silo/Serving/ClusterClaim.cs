using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Serving;

/// <summary>
/// Which cluster works on a store, as one blob that its silos keep renewing. Another cluster takes the store over only after it has seen
/// the blob unchanged for longer than a living cluster leaves it; a silo that finds another's claim ends. No clock is compared: a silo that
/// was frozen may go on for a moment beside the new ones, and every write of the vaults is conditional for that very reason.
/// </summary>
public sealed class ClusterClaim : IAsyncDisposable
{
    public const string BlobName = "cluster";

    /// <summary>How often each silo looks; whoever finds the claim unchanged since its last look renews it.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>How long another cluster's claim must stay unchanged: four times as long as a living silo leaves it.</summary>
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    private readonly IBlobStore _store;
    private readonly ClaimRecord _own;
    private readonly TaskCompletionSource<VaultException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly StoreOutage _outage;
    private readonly PeriodicTimer _timer;
    private readonly Task _renewing;
    private string _etag;

    private ClusterClaim(IBlobStore store, ClaimRecord own, string etag, TimeProvider time, Action<string>? tell)
    {
        (_store, _own, _etag, _outage) = (store, own, etag, new StoreOutage(time, tell));
        _timer = new PeriodicTimer(Period, time);
        _renewing = RenewAsync();
    }

    /// <summary>How far this machine's clock was ahead of the store's when the claim was written; negative: behind.</summary>
    public TimeSpan Skew { get; private init; }

    /// <summary>Done when another cluster has taken the store.</summary>
    public Task<VaultException> Lost => _lost.Task;

    /// <summary>Claims the store for a cluster.</summary>
    /// <param name="store">The store.</param>
    /// <param name="clusterId">The silo's cluster.</param>
    /// <param name="secret">What its silos share: others of that name are another cluster.</param>
    /// <param name="time">The clock of the watch.</param>
    /// <param name="onWatching">Told the other cluster whose claim is watched; null when the claim does not say.</param>
    /// <param name="tell">Told in one line when the store does not answer any more, and when it does again.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <exception cref="VaultException">StoreOfAnotherCluster: its silos live.</exception>
    public static async Task<ClusterClaim> TakeAsync(
        IBlobStore store,
        string clusterId,
        ConnectionSecret? secret,
        TimeProvider time,
        Action<string?>? onWatching = null,
        Action<string>? tell = null,
        CancellationToken cancellation = default
    )
    {
        var own = ClaimRecord.Of(clusterId, secret);
        while (true)
        {
            var found = await FoundClaim.FindAsync(store, cancellation);
            if (!found.IsFree && found.Owner?.IsOfOneClusterWith(own) != true)
            {
                onWatching?.Invoke(found.Owner?.ClusterId);
                if (!await IsLeftAsync(store, found, own, time, cancellation))
                    continue;
            }
            if (await found.TryReplaceAsync(store, own, cancellation) is { } etag)
                return new ClusterClaim(store, own, etag, time, tell) { Skew = await MeasureAsync(store, time, cancellation) };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timer.Dispose();
        _stop.Dispose();
    }

    /// <summary>Whether nobody has touched it for long enough; false when it can be read again, and says another thing.</summary>
    private static async Task<bool> IsLeftAsync(
        IBlobStore store,
        FoundClaim found,
        ClaimRecord own,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < Watch; )
        {
            await Task.Delay(LookPeriod, time, cancellation);
            var now = await FoundClaim.FindAsync(store, cancellation);
            if (now == found)
                continue;
            if (found.Owner is null)
                return false;
            throw Belongs(found.Owner, own);
        }
        return true;
    }

    /// <summary>The store says its time of what was written just now.</summary>
    private static async Task<TimeSpan> MeasureAsync(IBlobStore store, TimeProvider time, CancellationToken cancellation)
    {
        var here = time.GetUtcNow();
        var page = await store.ListAsync(BlobName, maxCount: 1, cancellation: cancellation);
        return page.Items is [{ Name: BlobName } claim] ? here - claim.LastModified : TimeSpan.Zero;
    }

    private async Task RenewAsync()
    {
        while (await _timer.WaitForNextTickAsync(_stop.Token))
        {
            try
            {
                var lost = await LookAsync();
                _outage.End();
                if (lost is not null)
                {
                    _lost.TrySetResult(lost);
                    return;
                }
            }
            catch (Exception e) when (!_stop.IsCancellationRequested)
            {
                // Nothing is known; a store that cannot be reached takes no other claim from here either. Whatever the failure is: a silo
                // that has ceased to look would go on beside the next cluster for ever.
                _outage.Begin(e);
            }
        }
    }

    /// <summary>A claim that says nothing any more is no other cluster's: that would have taken it over, and said so.</summary>
    private async Task<VaultException?> LookAsync()
    {
        var found = await FoundClaim.FindAsync(_store, _stop.Token);
        if (found.Owner is { } owner && !owner.IsOfOneClusterWith(_own))
            return Belongs(owner, _own);
        var isFresh = found.Owner is not null && found.ETag != _etag;
        _etag = (isFresh ? found.ETag : await found.TryReplaceAsync(_store, _own, _stop.Token)) ?? _etag;
        return null;
    }

    private static VaultException Belongs(ClaimRecord owner, ClaimRecord own)
    {
        var which =
            owner.ClusterId == own.ClusterId
                ? $"another cluster '{owner.ClusterId}', which has another secret,"
                : $"cluster '{owner.ClusterId}'";
        return new(
            ErrorCodes.StoreOfAnotherCluster,
            $"The silos of {which} work on this store.",
            $"Name another store, or make this silo one of theirs: with {SiloSettings.ClusterIdSetting.Name}={owner.ClusterId} and their secret."
        );
    }
}
