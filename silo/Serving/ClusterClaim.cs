using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
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
    private readonly string _clusterId;
    private readonly TaskCompletionSource<VaultException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly StoreOutage _outage;
    private readonly PeriodicTimer _timer;
    private readonly Task _renewing;
    private string _etag;

    private ClusterClaim(IBlobStore store, string clusterId, string etag, TimeProvider time, Action<string>? tell)
    {
        (_store, _clusterId, _etag, _outage) = (store, clusterId, etag, new StoreOutage(time, tell));
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
    /// <param name="time">The clock of the watch.</param>
    /// <param name="onWatching">Told the other cluster whose claim is watched.</param>
    /// <param name="tell">Told in one line when the store does not answer any more, and when it does again.</param>
    /// <param name="cancellation">Ends the watch.</param>
    /// <exception cref="VaultException">StoreOfAnotherCluster: its silos live.</exception>
    public static async Task<ClusterClaim> TakeAsync(
        IBlobStore store,
        string clusterId,
        TimeProvider time,
        Action<string>? onWatching = null,
        Action<string>? tell = null,
        CancellationToken cancellation = default
    )
    {
        while (true)
        {
            var found = await store.GetAsync(BlobName, cancellation);
            if (found is not null && OwnerOf(found) is var owner && owner != clusterId)
            {
                onWatching?.Invoke(owner);
                await WatchAsync(store, owner, found.ETag, time, cancellation);
            }
            if (await TryPutAsync(store, clusterId, found?.ETag, cancellation) is { } etag)
                return new ClusterClaim(store, clusterId, etag, time, tell) { Skew = await MeasureAsync(store, time, cancellation) };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _timer.Dispose();
        _stop.Dispose();
    }

    private static async Task WatchAsync(IBlobStore store, string owner, string etag, TimeProvider time, CancellationToken cancellation)
    {
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < Watch; )
        {
            await Task.Delay(LookPeriod, time, cancellation);
            var found = await store.GetAsync(BlobName, cancellation);
            if (found?.ETag != etag)
                throw Belongs(owner);
        }
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
            catch (BlobStoreException e)
            {
                // Nothing is known; a store that cannot be reached takes no other claim from here either.
                _outage.Begin(e);
            }
        }
    }

    private async Task<VaultException?> LookAsync()
    {
        var found = await _store.GetAsync(BlobName, _stop.Token);
        if (found is not null && OwnerOf(found) is var owner && owner != _clusterId)
            return Belongs(owner);
        _etag =
            found is null || found.ETag == _etag ? await TryPutAsync(_store, _clusterId, found?.ETag, _stop.Token) ?? _etag : found.ETag;
        return null;
    }

    private static async Task<string?> TryPutAsync(IBlobStore store, string clusterId, string? etag, CancellationToken cancellation)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new ClaimRecord(clusterId), ClaimJson.Default.ClaimRecord);
        var condition = etag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(etag);
        try
        {
            return await store.PutAsync(BlobName, new ReadOnlySequence<byte>(content), condition, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            return null;
        }
    }

    private static string OwnerOf(Blob blob)
    {
        try
        {
            return JsonSerializer.Deserialize(blob.Content.Span, ClaimJson.Default.ClaimRecord)?.ClusterId ?? "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static VaultException Belongs(string owner) =>
        new(
            ErrorCodes.StoreOfAnotherCluster,
            $"The silos of cluster '{owner}' work on this store.",
            $"Name another store, or make this silo one of theirs with {SiloSettings.ClusterIdSetting.Name}={owner}."
        );
}

/// <summary>The content of the claim.</summary>
internal sealed record ClaimRecord(string? ClusterId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClaimRecord))]
internal sealed partial class ClaimJson : JsonSerializerContext;
