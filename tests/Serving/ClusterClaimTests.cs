using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Serving;

public sealed class ClusterClaimTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryBlobStore _store;

    public ClusterClaimTests() => _store = new MemoryBlobStore(_time);

    [Fact]
    public async Task Take_AnotherClusterThatLives_IsRefusedAndToldAtOnce()
    {
        await using var first = await ClusterClaim.TakeAsync(_store, "a", _time);
        var told = new List<string>();
        var start = _time.GetUtcNow();

        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            AdvanceUntilAsync(ClusterClaim.TakeAsync(_store, "b", _time, told.Add))
        );

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, refused.Code);
        Assert.Equal(["a"], told);
        Assert.True(_time.GetUtcNow() - start < ClusterClaim.Watch);
        Assert.False(first.Lost.IsCompleted);
    }

    [Fact]
    public async Task Take_AnotherClusterThatIsGone_WaitsForItsClaimToAgeAndTakesIt()
    {
        await (await ClusterClaim.TakeAsync(_store, "a", _time)).DisposeAsync();
        var start = _time.GetUtcNow();

        await using var second = await AdvanceUntilAsync(ClusterClaim.TakeAsync(_store, "b", _time));

        Assert.True(_time.GetUtcNow() - start >= ClusterClaim.Watch);
    }

    [Fact]
    public async Task Lost_StoreTakenByAnotherCluster_SaysSo()
    {
        await using var frozen = await ClusterClaim.TakeAsync(_store, "a", _time);
        await _store.PutAsync(
            ClusterClaim.BlobName,
            new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("""{"clusterId":"b"}""")),
            PutCondition.Always
        );

        var lost = await AdvanceUntilAsync(frozen.Lost);

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, lost.Code);
        Assert.Contains("'b'", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_TwoSilosOfOneCluster_ShareItAndNeitherLosesIt()
    {
        await using var first = await ClusterClaim.TakeAsync(_store, "a", _time);
        await using var second = await ClusterClaim.TakeAsync(_store, "a", _time);

        await AdvanceUntilAsync(Task.Delay(10 * ClusterClaim.Watch, _time));

        Assert.False(first.Lost.IsCompleted || second.Lost.IsCompleted);
    }

    [Fact]
    public async Task Skew_StoreWithAnotherClock_IsTold()
    {
        var ahead = new FakeTimeProvider(_time.GetUtcNow() + TimeSpan.FromMinutes(7));
        await using var claim = await ClusterClaim.TakeAsync(_store, "a", ahead);
        Assert.Equal(TimeSpan.FromMinutes(7), claim.Skew);
    }

    [Fact]
    public async Task Tell_StoreThatDoesNotAnswerForAWhile_SaysSoOnceAndOnceThatItDoes()
    {
        var store = new FaultyBlobStore(_store);
        var told = new List<string>();
        await using var claim = await ClusterClaim.TakeAsync(store, "a", _time, tell: told.Add);
        Assert.Empty(told);

        for (var nth = 0; nth < 20; nth++)
            store.Inject(new Fault.Fail(), BlobCalls.Get, nth);
        await AdvanceUntilAsync(Task.Delay(5 * ClusterClaim.Period, _time));
        Assert.Contains("does not answer", Assert.Single(told), StringComparison.Ordinal);

        store.Recover();
        await AdvanceUntilAsync(Task.Delay(5 * ClusterClaim.Period, _time));
        Assert.Equal(2, told.Count);
        Assert.Contains("answers again", told[1], StringComparison.Ordinal);
        Assert.False(claim.Lost.IsCompleted);
    }

    private async Task<T> AdvanceUntilAsync<T>(Task<T> task)
    {
        await AdvanceUntilAsync((Task)task);
        return await task;
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            // What waits goes on in the thread pool: it must have its turn before the clock moves on.
            for (var turns = 0; turns < 20; turns++)
                await Task.Yield();
        }
        await task;
    }
}
