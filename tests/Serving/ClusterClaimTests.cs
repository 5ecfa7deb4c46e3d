using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Connections;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Serving;

public sealed class ClusterClaimTests
{
    private readonly ClaimTime _turns = new();
    private readonly FakeTimeProvider _time;
    private readonly MemoryBlobStore _store;

    public ClusterClaimTests() => (_time, _store) = (_turns.Clock, new MemoryBlobStore(_turns.Clock));

    [Fact]
    public async Task Take_AnotherClusterThatLives_IsRefusedAndToldAtOnce()
    {
        await using var first = await ClusterClaim.TakeAsync(_store, "a", null, _time);
        var told = new List<string?>();
        var start = _time.GetUtcNow();

        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            _turns.RunUntilAsync(ClusterClaim.TakeAsync(_store, "b", null, _time, told.Add))
        );

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, refused.Code);
        Assert.Equal(["a"], told);
        Assert.True(_time.GetUtcNow() - start < ClusterClaim.Watch);
        Assert.False(first.Lost.IsCompleted);
    }

    [Fact]
    public async Task Take_AnotherClusterThatIsGone_WaitsForItsClaimToAgeAndTakesIt()
    {
        await (await ClusterClaim.TakeAsync(_store, "a", null, _time)).DisposeAsync();
        var start = _time.GetUtcNow();

        await using var second = await _turns.RunUntilAsync(ClusterClaim.TakeAsync(_store, "b", null, _time));

        Assert.True(_time.GetUtcNow() - start >= ClusterClaim.Watch);
    }

    [Fact]
    public async Task Lost_StoreTakenByAnotherCluster_SaysSo()
    {
        await using var frozen = await ClusterClaim.TakeAsync(_store, "a", null, _time);
        await _store.PutAsync(
            ClusterClaim.BlobName,
            new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes("""{"clusterId":"b"}""")),
            PutCondition.Always
        );

        var lost = await _turns.RunUntilAsync(frozen.Lost);

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, lost.Code);
        Assert.Contains("'b'", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Take_TwoSilosOfOneCluster_ShareItAndNeitherLosesIt()
    {
        await using var first = await ClusterClaim.TakeAsync(_store, "a", null, _time);
        await using var second = await ClusterClaim.TakeAsync(_store, "a", null, _time);

        await _turns.RunUntilAsync(Task.Delay(10 * ClusterClaim.Watch, _time));

        Assert.False(first.Lost.IsCompleted || second.Lost.IsCompleted);
    }

    [Fact]
    public async Task Skew_StoreWithAnotherClock_IsTold()
    {
        var ahead = new FakeTimeProvider(_time.GetUtcNow() + TimeSpan.FromMinutes(7));
        await using var claim = await ClusterClaim.TakeAsync(_store, "a", null, ahead);
        Assert.Equal(TimeSpan.FromMinutes(7), claim.Skew);
    }

    /// <summary>Its renewal is on its way when the store stops answering, and arrives when another cluster has taken the store.</summary>
    [Fact]
    public async Task Renewal_ThatArrivesTooLate_ChangesNothingAndItsSiloEnds()
    {
        var (slow, answer) = (new FaultyBlobStore(_store), new TaskCompletionSource());
        await using var late = await ClusterClaim.TakeAsync(slow, "a", null, _time);
        slow.Inject(new Fault.First(() => answer.Task), BlobCalls.Put);
        await using var second = await _turns.RunUntilAsync(ClusterClaim.TakeAsync(_store, "b", null, _time));

        answer.SetResult();

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, (await _turns.RunUntilAsync(late.Lost)).Code);
        await _turns.RunUntilAsync(Task.Delay(2 * ClusterClaim.Watch, _time));
        Assert.False(second.Lost.IsCompleted);
    }

    [Theory]
    [InlineData(BlobError.Unavailable)]
    [InlineData(BlobError.AccessDenied)]
    [InlineData(null)]
    public async Task Renewal_ThatFailedForAWhile_GoesOn(BlobError? error)
    {
        Fault failure = error is { } kind ? new Fault.Fail(kind) : new Fault.First(() => throw new IOException("made by a test"));
        var store = new FaultyBlobStore(_store);
        await using var claim = await ClusterClaim.TakeAsync(store, "a", null, _time);
        for (var i = 0; i < 3; i++)
            store.Inject(failure, BlobCalls.Get, nth: i);

        await _turns.RunUntilAsync(Task.Delay(ClusterClaim.Watch, _time));

        var told = new List<string?>();
        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            _turns.RunUntilAsync(ClusterClaim.TakeAsync(_store, "b", null, _time, told.Add))
        );
        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, refused.Code);
    }

    /// <summary>Somebody deletes the claim by hand: whoever looks first has the store, and the other one ends.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Claim_DeletedUnderALivingCluster_OneOfTwoRemains(bool isOtherFirst)
    {
        await using var living = await ClusterClaim.TakeAsync(_store, "a", null, _time);
        await _store.DeleteAsync(ClusterClaim.BlobName);
        if (!isOtherFirst)
            await _turns.RunUntilAsync(Task.Delay(2 * ClusterClaim.Period, _time));

        var other = ClusterClaim.TakeAsync(_store, "b", null, _time);
        await _turns.RunUntilAsync(Task.WhenAny(other, living.Lost));

        if (isOtherFirst)
            Assert.Equal(ErrorCodes.StoreOfAnotherCluster, (await _turns.RunUntilAsync(living.Lost)).Code);
        else
            Assert.Equal(ErrorCodes.StoreOfAnotherCluster, (await Assert.ThrowsAsync<VaultException>(() => other)).Code);
        Assert.Equal(!isOtherFirst, !living.Lost.IsCompleted);
        if (isOtherFirst)
            await (await other).DisposeAsync();
    }

    /// <summary>Bit rot, or a hand: no cluster ends for that, and the next look mends it.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("\0\0\0")]
    public async Task Claim_ThatSaysNothingAnyMore_IsRenewedByItsCluster(string content)
    {
        await using var claim = await ClusterClaim.TakeAsync(_store, "a", null, _time);
        await _store.PutAsync(ClusterClaim.BlobName, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), PutCondition.Always);
        var other = Assert.ThrowsAsync<VaultException>(() => ClusterClaim.TakeAsync(_store, "b", null, _time));

        await _turns.RunUntilAsync(Task.WhenAny(other, claim.Lost));

        Assert.False(claim.Lost.IsCompleted);
        Assert.Contains("'a'", (await other).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_Damaged_IsTakenAfterAWatch()
    {
        var store = new FaultyBlobStore(_store);
        await (await ClusterClaim.TakeAsync(_store, "a", null, _time)).DisposeAsync();
        for (var i = 0; i < 1000; i++)
            store.Inject(new Fault.Fail(BlobError.Damaged), BlobCalls.Get, nth: i);
        var start = _time.GetUtcNow();

        await using var taken = await _turns.RunUntilAsync(ClusterClaim.TakeAsync(store, "b", null, _time));

        Assert.True(_time.GetUtcNow() - start >= ClusterClaim.Watch);
    }

    /// <summary>Two clusters that were set up alike by mistake would never find each other.</summary>
    [Fact]
    public async Task Take_OneNameAndAnotherSecret_IsRefusedAndNamesTheSecret()
    {
        using var ours = ConnectionSecret.Create();
        using var theirs = ConnectionSecret.Create();
        await using var first = await ClusterClaim.TakeAsync(_store, "a", ours, _time);
        await using var second = await ClusterClaim.TakeAsync(_store, "a", ours, _time);

        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            _turns.RunUntilAsync(ClusterClaim.TakeAsync(_store, "a", theirs, _time))
        );

        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, refused.Code);
        Assert.Contains("another secret", refused.Message, StringComparison.Ordinal);
        var stored = Encoding.UTF8.GetString((await _store.GetAsync(ClusterClaim.BlobName))!.Content.Span);
        Assert.DoesNotContain(ours.Reveal()[..16], stored, StringComparison.Ordinal);
        Assert.False(first.Lost.IsCompleted || second.Lost.IsCompleted);
    }

    [Fact]
    public async Task Tell_StoreThatDoesNotAnswerForAWhile_SaysSoOnceAndOnceThatItDoes()
    {
        var store = new FaultyBlobStore(_store);
        var told = new List<string>();
        await using var claim = await ClusterClaim.TakeAsync(store, "a", null, _time, tell: told.Add);
        Assert.Empty(told);

        for (var nth = 0; nth < 20; nth++)
            store.Inject(new Fault.Fail(), BlobCalls.Get, nth);
        await _turns.RunUntilAsync(Task.Delay(5 * ClusterClaim.Period, _time));
        Assert.Contains("does not answer", Assert.Single(told), StringComparison.Ordinal);

        store.Recover();
        await _turns.RunUntilAsync(Task.Delay(5 * ClusterClaim.Period, _time));
        Assert.Equal(2, told.Count);
        Assert.Contains("answers again", told[1], StringComparison.Ordinal);
        Assert.False(claim.Lost.IsCompleted);
    }
}
