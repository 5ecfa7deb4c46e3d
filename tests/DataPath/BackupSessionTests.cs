using System.Buffers;
using System.Security.Cryptography;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

public sealed class BackupSessionTests
{
    private readonly MemoryBlobStore _memory = new();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ChunkRef.MaxLength + 1)]
    [InlineData(2000)]
    public async Task Put_ChunkOfImpossibleLength_IsRefusedAndBufferReturned(int length)
    {
        await using var session = await new ItemStage(_memory).OpenBackupAsync();
        var buffer = new WatchedBuffer(1000);

        await RefusedAsync(ErrorCodes.InvalidRequest, () => session.PutAsync(new ChunkRef(default, length), buffer, default).AsTask());

        Assert.True(buffer.IsReturned);
    }

    [Fact]
    public async Task FindNew_TooManyChunks_IsRefused()
    {
        await using var session = await new ItemStage(_memory).OpenBackupAsync();

        await RefusedAsync(
            ErrorCodes.InvalidRequest,
            () => session.FindNewAsync(new ChunkRef[IBackupChannel.MaxQuery + 1], default).AsTask()
        );
    }

    [Fact]
    public async Task AnyCall_EndedSession_IsSessionLost()
    {
        var session = await new ItemStage(_memory).OpenBackupAsync();
        await session.DisposeAsync();
        await session.DisposeAsync();
        var buffer = new WatchedBuffer(10);

        await RefusedAsync(ErrorCodes.SessionLost, () => session.FindNewAsync([], default).AsTask());
        await RefusedAsync(ErrorCodes.SessionLost, () => session.PutAsync(new ChunkRef(default, 10), buffer, default).AsTask());
        await RefusedAsync(ErrorCodes.SessionLost, () => session.FlushAsync(default));
        await RefusedAsync(ErrorCodes.SessionLost, () => session.FinishAsync());
        Assert.True(buffer.IsReturned);
    }

    [Fact]
    public async Task Flush_SessionEndedMeanwhile_IsSessionLost()
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var store = new FaultyBlobStore(_memory).Inject(
            new Fault.First(async () =>
            {
                reached.SetResult();
                await go.Task;
            }),
            BlobCalls.Put
        );
        var session = await new ItemStage(store).OpenBackupAsync();
        await ItemStage.PutAsync(session, new byte[] { 1 });
        var flushing = session.FlushAsync(default);
        await reached.Task;

        var ending = session.DisposeAsync();
        go.SetResult();

        await RefusedAsync(ErrorCodes.SessionLost, () => flushing);
        await ending;
    }

    [Fact]
    public async Task Put_AfterStoreFailed_ReportsTheFailureForEver()
    {
        var store = new FaultyBlobStore(_memory).Inject(new Fault.Fail(RecoveryVault.Storage.BlobError.StoreFull), BlobCalls.Put);
        await using var session = await new ItemStage(store).OpenBackupAsync();
        await ItemStage.PutAsync(session, new byte[] { 1 });

        await RefusedAsync(ErrorCodes.StoreFull, () => session.FlushAsync(default));
        await RefusedAsync(ErrorCodes.StoreFull, () => session.FlushAsync(default));
        await RefusedAsync(ErrorCodes.StoreFull, () => session.FindNewAsync([], default).AsTask());
        await RefusedAsync(ErrorCodes.StoreFull, () => session.FinishAsync());
    }

    [Fact]
    public async Task Put_Cancelled_ChunkIsNewAgain()
    {
        await using var session = await new ItemStage(_memory).OpenBackupAsync();
        var content = ItemStage.Noise(1, 500);
        var chunk = new ChunkRef(Digest.Of(content), content.Length);
        var buffer = new WatchedBuffer(500);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            session.PutAsync(chunk, buffer, new CancellationToken(canceled: true)).AsTask()
        );

        Assert.True(buffer.IsReturned);
        Assert.True((await session.FindNewAsync([chunk], default))[0]);
    }

    [Fact]
    public async Task Put_SameChunkBeforeItsPackIsStored_IsStoredOnce()
    {
        var stage = new ItemStage(_memory);
        await using var session = await stage.OpenBackupAsync();
        var content = ItemStage.Noise(1, 500);
        var chunk = new ChunkRef(Digest.Of(content), content.Length);

        await session.PutAsync(chunk, ItemStage.Buffer(content), default);
        Assert.False((await session.FindNewAsync([chunk], default))[0]);
        await session.PutAsync(chunk, ItemStage.Buffer(content), default);
        await session.FinishAsync();

        Assert.Equal(500, session.BytesNew);
        await using var restore = await stage.OpenRestoreAsync();
        Assert.Equal(content, (await ItemStage.ReadAsync(restore, [chunk, chunk])).Content[..500]);
    }

    [Fact]
    public async Task BackUp_EveryShapeOfContent_Restores()
    {
        var stage = new ItemStage(_memory);
        Dictionary<string, byte[]> content = new()
        {
            ["empty"] = [],
            ["one"] = [42],
            ["compressible"] = new byte[200_000],
            ["noise"] = ItemStage.Noise(3, 200_000),
            ["again"] = ItemStage.Noise(3, 200_000),
        };

        var empty = await stage.BackUpAsync(new Dictionary<string, byte[]>());
        var full = await stage.BackUpAsync(content);

        await stage.AssertRestoresAsync(empty, new Dictionary<string, byte[]>());
        await stage.AssertRestoresAsync(full, content);
        Assert.InRange(full.BytesStored, 200_000, 300_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_LongestChunk_Restores(bool isCompressible)
    {
        var stage = new ItemStage(_memory);
        var content = isCompressible ? new byte[ChunkRef.MaxLength] : RandomNumberGenerator.GetBytes(ChunkRef.MaxLength);
        content[0] = 1;
        ChunkRef chunk;
        await using (var session = await stage.OpenBackupAsync())
        {
            chunk = await ItemStage.PutAsync(session, content);
            await session.FinishAsync();
        }

        await using var restore = await stage.OpenRestoreAsync();
        var (read, error) = await ItemStage.ReadAsync(restore, [chunk]);

        Assert.Null(error);
        Assert.True(read.AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task Put_AfterAMinute_IndexesWhatIsStored()
    {
        var stage = new ItemStage(_memory);
        await using var session = await stage.OpenBackupAsync();
        await ItemStage.PutAsync(session, new byte[] { 1 });
        await session.FlushAsync(default);
        Assert.Empty(await _memory.ListNamesAsync("index/"));

        stage.Time.Advance(TimeSpan.FromSeconds(61));
        await ItemStage.PutAsync(session, new byte[] { 2 });

        Assert.Single(await _memory.ListNamesAsync("index/"));
    }

    [Fact]
    public async Task Dispose_UncommittedSession_LeavesChunksToTheNext()
    {
        var stage = new ItemStage(_memory);
        ChunkRef chunk;
        await using (var session = await stage.OpenBackupAsync())
        {
            chunk = await ItemStage.PutAsync(session, new byte[] { 1, 2, 3 });
            await session.FlushAsync(default);
        }

        await using var next = await stage.OpenBackupAsync();

        Assert.False((await next.FindNewAsync([chunk], default))[0]);
    }

    [Fact]
    public async Task BackUp_ItemWithNewDek_OldAndNewChunksRestore()
    {
        var stage = new ItemStage(_memory);
        Dictionary<string, byte[]> first = new() { ["a"] = ItemStage.Noise(1, 5000) };
        var before = await stage.BackUpAsync(first);
        stage.Epochs = 2;
        Dictionary<string, byte[]> second = new(first) { ["b"] = ItemStage.Noise(2, 5000) };

        var after = await stage.BackUpAsync(second);

        await stage.AssertRestoresAsync(before, first);
        await stage.AssertRestoresAsync(after, second);
    }

    [Fact]
    public async Task Store_AfterBackups_HoldsNoPlaintext()
    {
        var canary = "a canary that must never be seen in the store"u8.ToArray();
        await new ItemStage(_memory).BackUpAsync(new Dictionary<string, byte[]> { ["canary-file-name"] = canary });

        foreach (var name in await _memory.ListNamesAsync())
        {
            var blob = (await _memory.GetAsync(name))!.Content;
            Assert.Equal(-1, blob.Span.IndexOf(canary.AsSpan(0, 20)));
            Assert.Equal(-1, blob.Span.IndexOf("canary-file-name"u8));
        }
    }

    internal static async Task<VaultException> RefusedAsync(string code, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<VaultException>(call);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }

    private sealed class WatchedBuffer(int length) : IMemoryOwner<byte>
    {
        public bool IsReturned { get; private set; }

        public Memory<byte> Memory { get; } = new byte[length];

        public void Dispose() => IsReturned = true;
    }
}
