using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>What a backup holds in memory does not grow with what it reads: queues and packs are bounded, for a silo in all.</summary>
public sealed class StreamingTests
{
    [Fact]
    public async Task Put_StoreStandsStill_WaitsWithFewBuffersHeld()
    {
        var go = new TaskCompletionSource();
        using var store = new GatedBlobStore(new MemoryBlobStore(), go.Task);
        using var gate = new SealGate(maxPacks: 3);
        await using var session = await new ItemStage(store, gate).OpenBackupAsync();
        var held = new Held();

        var sending = SendAsync(session, held, count: 44);
        await store.WaitForPutsAsync(3);

        // Packs of 16 MiB wait for the store; behind them the queue of chunks fills, and the client waits.
        await held.WaitForStandstillAsync();
        var (isSent, sent, outstanding, free) = (sending.IsCompleted, held.Sent, held.Outstanding, gate.FreePacks);
        go.SetResult();
        await sending;
        Assert.False(isSent);
        Assert.InRange(sent, 12, 12 + 16);
        Assert.InRange(outstanding, 1, 16);
        Assert.Equal(0, free);
        await session.FinishAsync();
        Assert.Equal((0, 3), (held.Outstanding, gate.FreePacks));
    }

    [Fact]
    public async Task Put_ManySessionsWaitForOnePack_HoldFewChunksInAll()
    {
        const int Sessions = 6;
        var go = new TaskCompletionSource();
        using var store = new GatedBlobStore(new MemoryBlobStore(), go.Task);
        using var gate = new SealGate(maxPacks: 1);
        var stage = new ItemStage(store, gate);
        await using var first = await stage.OpenBackupAsync();
        await ItemStage.PutAsync(first, new byte[] { 1 });
        var flushing = first.FlushAsync(default);
        await store.WaitForPutsAsync(1);
        var held = new Held();
        List<BackupSession> sessions = [];
        for (var n = 0; n < Sessions; n++)
            sessions.Add(await stage.OpenBackupAsync());

        // The only room for a pack is taken: each session alone would queue eight chunks, and keep its client waiting with another.
        var sending = Task.WhenAll(sessions.Select((session, n) => SendAsync(session, held, count: 12, seed: n + 1, length: 64 << 10)));
        await held.WaitForStandstillAsync();
        var outstanding = held.Outstanding;
        go.SetResult();
        await Task.WhenAll(flushing, sending);

        Assert.InRange(outstanding, 1, SealGate.MaxChunks + Sessions);
        foreach (var session in sessions)
        {
            await session.FinishAsync();
            await session.DisposeAsync();
        }
        Assert.Equal((0, Sessions * 12), (held.Outstanding, held.Sent));
    }

    [Fact]
    public async Task Put_MoreSessionsThanRoom_IdlePacksGiveWay()
    {
        var store = new MemoryBlobStore();
        using var gate = new SealGate(maxPacks: 1);
        var stage = new ItemStage(store, gate);
        await using var idle = await stage.OpenBackupAsync();
        await ItemStage.PutAsync(idle, new byte[] { 1 });
        while (gate.FreePacks > 0)
            await Task.Yield();
        await using var busy = await stage.OpenBackupAsync();

        // The idle session's client says nothing more, and its open pack holds the only room there is.
        await ItemStage.PutAsync(busy, new byte[] { 2 });
        await busy.FinishAsync();

        Assert.Equal(2, (await store.ListNamesAsync("packs/")).Count);
        await idle.FinishAsync();
        Assert.Equal(1, gate.FreePacks);
    }

    [Fact]
    public async Task Dispose_WithOpenPack_GivesItsRoomBack()
    {
        using var gate = new SealGate(maxPacks: 1);
        var stage = new ItemStage(gate: gate);
        for (var i = 0; i < 3; i++)
        {
            await using var session = await stage.OpenBackupAsync();
            await ItemStage.PutAsync(session, new byte[] { (byte)i });
        }

        Assert.Equal(1, gate.FreePacks);
    }

    [Fact]
    public async Task Put_ThousandsOfTinyChunksFromManyTasks_StoresEachOnce()
    {
        var store = new MemoryBlobStore();
        var stage = new ItemStage(store);
        ChunkRef[] chunks = new ChunkRef[5000];
        await using (var session = await stage.OpenBackupAsync())
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, chunks.Length * 2),
                async (i, _) => chunks[i % chunks.Length] = await ItemStage.PutAsync(session, BitConverter.GetBytes(i % chunks.Length))
            );
            await session.FinishAsync();
            Assert.Equal(chunks.Length * 4, session.BytesNew);
        }

        await using var restore = await stage.OpenRestoreAsync();
        var (content, error) = await ItemStage.ReadAsync(restore, chunks);

        Assert.Null(error);
        Assert.Equal(Enumerable.Range(0, chunks.Length).SelectMany(BitConverter.GetBytes), content);
        Assert.Single(await store.ListNamesAsync("packs/"));
    }

    private static async Task SendAsync(BackupSession session, Held held, int count, int seed = 1, int length = ChunkRef.MaxLength)
    {
        var noise = ItemStage.Noise(seed, length);
        for (var i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(noise, i);
            await session.PutAsync(new ChunkRef(Digest.Of(noise), noise.Length), held.Take(noise), default);
        }
    }

    /// <summary>Counts buffers that the session has and has not given back.</summary>
    private sealed class Held
    {
        private int _sent;
        private int _outstanding;

        public int Sent => _sent;

        public int Outstanding => _outstanding;

        public IMemoryOwner<byte> Take(byte[] content)
        {
            Interlocked.Increment(ref _sent);
            Interlocked.Increment(ref _outstanding);
            return new Owner(this, ItemStage.Buffer(content));
        }

        /// <summary>Until nothing moved for a good while of turns of the thread pool.</summary>
        public async Task WaitForStandstillAsync()
        {
            for (var (quiet, last) = (0, -1); quiet < 500; quiet++)
            {
                if (_sent != last)
                    (quiet, last) = (0, _sent);
                await Task.Yield();
            }
        }

        private sealed class Owner(Held held, IMemoryOwner<byte> inner) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory => inner.Memory;

            private int _isGivenBack;

            /// <summary>Giving a buffer back twice is giving it back.</summary>
            public void Dispose()
            {
                if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
                    Interlocked.Decrement(ref held._outstanding);
                inner.Dispose();
            }
        }
    }

    /// <summary>Puts wait at a gate.</summary>
    private sealed class GatedBlobStore(IBlobStore inner, Task gate) : IBlobStore, IDisposable
    {
        private readonly SemaphoreSlim _arrived = new(0);

        public void Dispose() => _arrived.Dispose();

        public async Task WaitForPutsAsync(int count)
        {
            for (var i = 0; i < count; i++)
                await _arrived.WaitAsync();
        }

        public async Task<string> PutAsync(
            string name,
            ReadOnlySequence<byte> content,
            PutCondition condition,
            CancellationToken cancellation = default
        )
        {
            _arrived.Release();
            await gate;
            return await inner.PutAsync(name, content, condition, cancellation);
        }

        public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default) => inner.GetAsync(name, cancellation);

        public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
            inner.ReadAsync(name, offset, destination, cancellation);

        public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
            inner.DeleteAsync(name, ifMatch, cancellation);

        public Task<BlobPage> ListAsync(
            string prefix,
            string? after = null,
            int maxCount = 5000,
            CancellationToken cancellation = default
        ) => inner.ListAsync(prefix, after, maxCount, cancellation);
    }
}
