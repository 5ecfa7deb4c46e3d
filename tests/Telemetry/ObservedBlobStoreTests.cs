using System.Buffers;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys.Traffic;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>The store that is watched behaves as the one below, and is told of as it behaved.</summary>
public sealed class ObservedBlobStoreTests : BlobStoreConformance
{
    private const string Duration = "rvault.store.operation.duration";

    private readonly HeardMetrics _heard = Listen();

    protected override Task<IBlobStore> OpenAsync() =>
        Task.FromResult<IBlobStore>(new ObservedBlobStore(new MemoryBlobStore(), TimeProvider.System));

    protected override Task CloseAsync()
    {
        _heard.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(BlobError.Unavailable, "unavailable")]
    [InlineData(BlobError.StoreFull, "store_full")]
    [InlineData(BlobError.AccessDenied, "access_denied")]
    [InlineData(BlobError.Damaged, "damaged")]
    public async Task Failure_OfTheStore_IsToldByItsKind(BlobError error, string outcome)
    {
        var store = new ObservedBlobStore(
            new FaultyBlobStore(new MemoryBlobStore()).Inject(new Fault.Fail(error), BlobCalls.Delete),
            TimeProvider.System
        );

        await Assert.ThrowsAsync<BlobStoreException>(() => store.DeleteAsync("a", null, default));

        Assert.InRange(_heard.Count($"{Duration} delete {outcome}"), 1, int.MaxValue);
    }

    [Fact]
    public async Task Operations_ThatSucceed_AreToldWithTheirBytes()
    {
        var store = new ObservedBlobStore(new MemoryBlobStore(), TimeProvider.System);
        // More than any other test has read or written.
        var content = new byte[3 << 20];

        await store.PutAsync("a", new ReadOnlySequence<byte>(content), PutCondition.Always, default);
        await store.GetAsync("a", default);
        await store.GetAsync("b", default);
        await store.ListAsync("", null, 10, default);
        await Assert.ThrowsAsync<BlobStoreException>(() =>
            store.PutAsync("a", new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, default)
        );

        foreach (var told in (string[])["put ok", "get ok", "get not_found", "list ok", "put precondition_failed"])
            Assert.InRange(_heard.Count($"{Duration} {told}"), 1, int.MaxValue);
        foreach (var direction in (string[])["write", "read"])
            Assert.InRange(_heard.Sum($"rvault.store.io {direction}"), content.Length, double.MaxValue);
    }

    private static HeardMetrics Listen() => new(i => i.Name.StartsWith("rvault.store.", StringComparison.Ordinal));
}
