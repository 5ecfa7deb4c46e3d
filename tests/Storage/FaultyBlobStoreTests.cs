using System.Text;
using RecoveryVault.Storage;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage;

public sealed class FaultyBlobStoreTests
{
    private readonly MemoryBlobStore _inner = new();
    private readonly FaultyBlobStore _store;

    public FaultyBlobStoreTests() => _store = new FaultyBlobStore(_inner);

    [Theory]
    [InlineData(BlobError.Unavailable)]
    [InlineData(BlobError.StoreFull)]
    public async Task Fail_NthCall_NeverHappened(BlobError error)
    {
        _store.Inject(new Fault.Fail(error), BlobCalls.Put, nth: 1);
        await _store.PutTextAsync("a", "1");
        await _store.GetTextAsync("a");
        await RefusedAsync(error, () => _store.PutTextAsync("a", "2"));
        Assert.Equal("1", await _store.GetTextAsync("a"));
        await _store.PutTextAsync("a", "3");
        Assert.Equal("3", await _store.GetTextAsync("a"));
    }

    [Fact]
    public async Task AckLost_Write_HappenedAndTheCallerDoesNotKnow()
    {
        _store.Inject(new Fault.AckLost(), BlobCalls.Put).Inject(new Fault.AckLost(), BlobCalls.Delete);
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "1"));
        Assert.Equal("1", await _store.GetTextAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync("a"));
        Assert.Null(await _store.GetTextAsync("a"));
    }

    [Fact]
    public async Task AckLost_RefusedWrite_IsRefusedAllTheSame()
    {
        await _inner.PutTextAsync("a", "1");
        _store.Inject(new Fault.AckLost());
        await RefusedAsync(BlobError.PreconditionFailed, () => _store.PutTextAsync("a", "2", PutCondition.IfAbsent));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Crash_BeforeOrAfter_EveryLaterCallThrowsAndTheInnerStoreLives(bool after)
    {
        _store.Inject(after ? new Fault.CrashAfter() : new Fault.CrashBefore(), BlobCalls.Put);
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.PutTextAsync("a", "1"));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.GetAsync("a"));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.ReadAsync("a", 0, new byte[1]));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.DeleteAsync("a"));
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.ListAsync(""));
        Assert.Equal(after ? "1" : null, await new FaultyBlobStore(_inner).GetTextAsync("a"));
        Assert.Equal([(BlobCalls.Put, "a")], _store.Calls);
    }

    [Fact]
    public async Task Crash_WhileAnotherCallHangs_ThatOneNeverHappensNorReturns()
    {
        var hanging = new TaskCompletionSource();
        _store
            .Inject(new Fault.First(() => hanging.Task), names: name => name == "slow")
            .Inject(new Fault.CrashBefore(), names: name => name == "fatal");
        var slow = _store.PutTextAsync("slow", "1");
        await Assert.ThrowsAsync<SimulatedCrashException>(() => _store.PutTextAsync("fatal", "1"));
        Assert.False(slow.IsCompleted);
        hanging.SetResult();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => slow);
        Assert.Empty(await _inner.ListNamesAsync());
    }

    [Fact]
    public async Task First_AnotherWriterComes_TheCallMeetsItsWork()
    {
        _store.Inject(new Fault.First(() => _inner.PutTextAsync("a", "theirs")), BlobCalls.Put);
        await RefusedAsync(BlobError.PreconditionFailed, () => _store.PutTextAsync("a", "ours", PutCondition.IfAbsent));
        Assert.Equal("theirs", await _store.GetTextAsync("a"));
    }

    [Fact]
    public async Task BitFlip_GetOrRead_TurnsOneBitAndLeavesTheStoreAlone()
    {
        await _inner.PutTextAsync("a", "abc");
        _store.Inject(new Fault.BitFlip(9), BlobCalls.Get).Inject(new Fault.BitFlip(24), BlobCalls.Read);
        Assert.Equal("a`c", await _store.GetTextAsync("a"));
        var destination = new byte[5];
        Assert.Equal(3, await _store.ReadAsync("a", 0, destination));
        Assert.Equal("`bc\0\0", Encoding.ASCII.GetString(destination));
        Assert.Equal("abc", await _store.GetTextAsync("a"));
    }

    [Fact]
    public async Task Torn_Put_StoresTheBeginningOnly()
    {
        _store.Inject(new Fault.Torn(2), BlobCalls.Put).Inject(new Fault.Torn(9), BlobCalls.Put, nth: 1);
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "abc"));
        Assert.Equal("ab", await _store.GetTextAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "abc"));
        Assert.Equal("abc", await _store.GetTextAsync("a"));
    }

    [Fact]
    public void Inject_FaultThatCannotHappenToTheCall_IsTheTestsMistake()
    {
        Assert.Throws<ArgumentException>(() => _store.Inject(new Fault.BitFlip(), BlobCalls.Any));
        Assert.Throws<ArgumentException>(() => _store.Inject(new Fault.Torn(1), BlobCalls.Writes));
    }

    [Fact]
    public async Task Inject_ByName_CountsMatchingCallsFromNowOn()
    {
        await _store.PutTextAsync("packs/1", "x");
        _store.Inject(new Fault.Fail(), BlobCalls.Writes, nth: 1, names: name => name.StartsWith("packs/", StringComparison.Ordinal));
        await _store.PutTextAsync("packs/2", "x");
        await _store.PutTextAsync("heads/1", "x");
        await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync("packs/1"));
        Assert.Equal(
            (4, 3, 1, 0),
            (_store.Count(), _store.Count(BlobCalls.Put), _store.Count(BlobCalls.Delete), _store.Count(BlobCalls.List))
        );
    }

    /// <summary>
    /// The pattern for every protocol on a store: a pack, then the head that names it; whatever fails, a head never names a missing pack.
    /// </summary>
    [Fact]
    public async Task EveryCallAndFault_OfASmallProtocol_KeepsItsInvariant()
    {
        var counting = new FaultyBlobStore(new MemoryBlobStore());
        await BackUpAsync(counting);
        Assert.Equal(2, counting.Count());
        var points = 0;
        for (var k = 0; k < counting.Count(); k++)
        {
            foreach (var fault in Fault.Everywhere)
            {
                var inner = new MemoryBlobStore();
                var acknowledged = false;
                try
                {
                    await BackUpAsync(new FaultyBlobStore(inner).Inject(fault, nth: k));
                    acknowledged = true;
                }
                catch (Exception error) when (error is BlobStoreException or SimulatedCrashException)
                {
                    points++;
                }
                var head = await inner.GetTextAsync("head");
                Assert.False(acknowledged, $"{fault} at {k} was not noticed");
                Assert.True(head is null || await inner.GetAsync(head) is not null, $"{fault} at {k} left a head without its pack");
            }
        }
        Assert.Equal(8, points);
    }

    private static async Task BackUpAsync(FaultyBlobStore store)
    {
        await store.PutTextAsync("pack", "data", PutCondition.IfAbsent);
        await store.PutTextAsync("head", "pack", PutCondition.IfAbsent);
    }
}
