using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

public sealed class RestoreSessionTests
{
    private readonly MemoryBlobStore _memory = new();
    private readonly MeteredBlobStore _store;
    private readonly ItemStage _stage;

    public RestoreSessionTests()
    {
        _store = new MeteredBlobStore(_memory);
        _stage = new ItemStage(_store);
    }

    [Fact]
    public async Task Read_MoreThanOneBatch_IsRefused()
    {
        await using var session = await _stage.OpenRestoreAsync();
        var chunks = Enumerable.Repeat(new ChunkRef(default, ChunkRef.MaxLength, IsZero: true), 9).ToList();

        await RefusedAsync(session, chunks);
        await RefusedAsync(session, [new ChunkRef(default, -1)]);
        await RefusedAsync(session, [new ChunkRef(default, ChunkRef.MaxLength + 1)]);
    }

    [Fact]
    public async Task Read_ChunkOfAnotherLength_IsTampered()
    {
        var chunks = await StoreAsync(1);
        await using var session = await _stage.OpenRestoreAsync();

        var (content, error) = await ItemStage.ReadAsync(session, [chunks[0] with { Length = 999 }]);

        Assert.Equal((0, ErrorCodes.DataTampered), (content.Length, error));
    }

    [Fact]
    public async Task Read_AnyOrderWithRepeatsAndZeros_ComesAsAskedFor()
    {
        var chunks = await StoreAsync(40);
        ChunkRef[] wanted = [chunks[7], new ChunkRef(default, 3, IsZero: true), chunks[39], chunks[7], chunks[0], chunks[38], chunks[0]];
        await using var session = await _stage.OpenRestoreAsync();

        var (content, error) = await ItemStage.ReadAsync(session, wanted);

        Assert.Null(error);
        Assert.Equal([.. Chunk(7), 0, 0, 0, .. Chunk(39), .. Chunk(7), .. Chunk(0), .. Chunk(38), .. Chunk(0)], content);
    }

    [Fact]
    public async Task Read_NeighboursInAnyOrder_TakeOneReadAndNoByteTwice()
    {
        var chunks = await StoreAsync(200);
        await using var session = await _stage.OpenRestoreAsync();
        _store.Reset();

        await ItemStage.ReadAsync(session, [.. chunks.Reverse(), .. chunks.Take(56)]);

        Assert.Equal(1, _store.Reads);
        Assert.Equal(200 * (ItemStage.ChunkLength + 16), _store.BytesRead);
    }

    [Fact]
    public async Task Read_ChunksFarApart_FetchesNoMoreThanTheGapsAllowed()
    {
        var chunks = await StoreAsync(250);
        await using var session = await _stage.OpenRestoreAsync();
        _store.Reset();

        await ItemStage.ReadAsync(session, [chunks[0], chunks[249]]);

        Assert.Equal(2, _store.Reads);
        Assert.Equal(2 * (ItemStage.ChunkLength + 16), _store.BytesRead);
    }

    [Fact]
    public async Task Read_ManyPacks_KeepsFewReadsInFlight()
    {
        List<ChunkRef> chunks = [];
        await using (var backup = await _stage.OpenBackupAsync())
        {
            for (var i = 0; i < 20; i++)
            {
                chunks.Add(await ItemStage.PutAsync(backup, Chunk(i)));
                await backup.FlushAsync(default);
            }
        }
        await using var session = await _stage.OpenRestoreAsync();
        _store.Reset();

        var (content, error) = await ItemStage.ReadAsync(session, chunks);

        Assert.Null(error);
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(Chunk), content);
        Assert.Equal(20, _store.Reads);
        Assert.InRange(_store.MostAtOnce, 1, 4);
    }

    [Fact]
    public async Task Read_ConsumerStopsEarly_SessionStillEnds()
    {
        var chunks = await StoreAsync(50);
        var session = await _stage.OpenRestoreAsync();

        await foreach (var content in session.ReadAsync(chunks, default))
        {
            content.Dispose();
            break;
        }

        await session.DisposeAsync();
        await BackupSessionTests.RefusedAsync(ErrorCodes.SessionLost, () => ItemStage.ReadAsync(session, chunks));
    }

    [Fact]
    public async Task Dispose_WhileReading_WaitsForTheReadWithItsKeys()
    {
        var chunks = await StoreAsync(3);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var slow = new FaultyBlobStore(_memory).Inject(
            new Fault.First(async () =>
            {
                reached.SetResult();
                await go.Task;
            }),
            BlobCalls.Read
        );
        var session = await _stage.Reopen(slow).OpenRestoreAsync();
        var reading = ItemStage.ReadAsync(session, chunks);
        await reached.Task;

        var ending = session.DisposeAsync().AsTask();

        Assert.False(ending.IsCompleted);
        go.SetResult();
        Assert.Null((await reading).Error);
        await ending;
    }

    [Fact]
    public async Task Read_OneSmallFileOfMany_ReadsLittleOfTheCatalogue()
    {
        Dictionary<string, byte[]> content = [];
        for (var i = 0; i < 6000; i++)
            content[$"directory-{i / 100:d3}/a-file-with-quite-a-long-name-so-that-the-catalogue-grows-{i:d6}"] = [(byte)i];
        // A directory's entries need the directory: the stage makes files only, so they lie side by side.
        content = content.ToDictionary(c => c.Key.Replace('/', '-'), c => c.Value);
        var head = await _stage.BackUpAsync(content);
        await using var session = await _stage.OpenRestoreAsync();
        var root = (await session.ReadManifestAsync(head.Manifest, head.HeadHash)).Catalogue;
        var nodes = 0;
        async ValueTask<ReadOnlyMemory<byte>> FetchAsync(ChunkRef node, CancellationToken cancellation)
        {
            nodes++;
            return (await ItemStage.ReadAsync(session, [node])).Content;
        }

        var path = new RelativePath(System.Text.Encoding.UTF8.GetBytes(content.Keys.Order(StringComparer.Ordinal).ElementAt(3000)));
        List<CatalogueEntry> found = [];
        await foreach (var entry in new CatalogueReader(FetchAsync).ReadAsync(root, path))
            found.Add(entry);
        var few = nodes;
        await foreach (var _ in new CatalogueReader(FetchAsync).ReadAsync(root, RelativePath.Root)) { }

        Assert.Equal(path, Assert.Single(found).Path);
        Assert.InRange(few, 1, 3);
        Assert.True(nodes - few > 2 * few, $"the whole catalogue has {nodes - few} nodes, {few} were read for one path");
    }

    private static byte[] Chunk(int number) => ItemStage.Noise(number + 1, ItemStage.ChunkLength);

    private async Task<IReadOnlyList<ChunkRef>> StoreAsync(int count)
    {
        List<ChunkRef> chunks = [];
        await using var session = await _stage.OpenBackupAsync();
        for (var i = 0; i < count; i++)
            chunks.Add(await ItemStage.PutAsync(session, Chunk(i)));
        await session.FinishAsync();
        return chunks;
    }

    private static Task<VaultException> RefusedAsync(RestoreSession session, IReadOnlyList<ChunkRef> chunks) =>
        BackupSessionTests.RefusedAsync(
            ErrorCodes.InvalidRequest,
            async () =>
            {
                await foreach (var content in session.ReadAsync(chunks, default))
                    content.Dispose();
            }
        );
}
