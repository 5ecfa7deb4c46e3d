using System.Buffers;
using System.Threading.Channels;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>
/// Chunks become packs: each is compressed on a free processor, then, in the order they came, sealed into the open pack; a full pack is
/// stored in the background and added to the index. Every queue is bounded. The first failure stops it and is reported by every later call.
/// </summary>
internal sealed class PackPipeline : IAsyncDisposable
{
    /// <summary>A pack is closed when it reaches this many bytes; one put of a blob takes it whole.</summary>
    public const int PackLength = 16 << 20;

    /// <summary>Chunks between compression and sealing, not counting small ones.</summary>
    private const int QueueLength = 8;

    /// <summary>
    /// Chunks up to this length, in bytes, wait in numbers and are compressed by the one who seals them: to hand each to another thread
    /// takes longer than to compress it.
    /// </summary>
    private const int SmallLength = 32 << 10;

    private const int SmallQueueLength = 256;

    /// <summary>Packs of one session under upload at once.</summary>
    private const int MaxUploads = 3;

    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private readonly ItemIndex _index;
    private readonly SealGate _gate;
    private readonly Channel<Work> _queue = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(SmallQueueLength) { SingleReader = true }
    );
    private readonly SemaphoreSlim _large = new(QueueLength);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _packing;
    private Exception? _failure;
    private long _bytesNew;
    private long _bytesStored;

    public PackPipeline(IBlobStore store, ItemSecrets secrets, ItemIndex index, SealGate gate)
    {
        (_store, _secrets, _index, _gate) = (store, secrets, index, gate);
        _packing = Task.Run(PackAsync);
    }

    /// <summary>A chunk on its way, or (with <paramref name="Flushed"/>) a mark to be reported when all before it is stored.</summary>
    private readonly record struct Work(
        ChunkId ChunkId,
        int Length,
        IMemoryOwner<byte>? Small,
        Task<Payload>? Compression,
        TaskCompletionSource? Flushed
    );

    /// <summary>What to seal, and the pooled buffer it lies in.</summary>
    private readonly record struct Payload(PayloadCodec Codec, ReadOnlyMemory<byte> Bytes, IMemoryOwner<byte> Owner);

    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Plaintext bytes sealed.</summary>
    public long BytesNew => Interlocked.Read(ref _bytesNew);

    /// <summary>Bytes stored as packs.</summary>
    public long BytesStored => Interlocked.Read(ref _bytesStored);

    /// <summary>Takes over a chunk's buffer; waits while the queue is full.</summary>
    public async ValueTask AddAsync(ChunkId chunkId, int length, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        var isSmall = length <= SmallLength;
        if (!await CanWriteAsync(plaintext, isSmall, cancellation))
            throw Ended();
        var work = isSmall
            ? new Work(chunkId, length, plaintext, null, null)
            : new Work(chunkId, length, null, CompressAsync(length, plaintext), null);
        try
        {
            await _queue.Writer.WriteAsync(work, cancellation);
        }
        catch (Exception e)
        {
            await ReleaseAsync(work);
            throw e is ChannelClosedException ? Ended() : e;
        }
    }

    private async ValueTask<bool> CanWriteAsync(IMemoryOwner<byte> plaintext, bool isSmall, CancellationToken cancellation)
    {
        var (hasRoom, canWrite) = (isSmall, false);
        try
        {
            if (!isSmall)
                await EnterLargeAsync(cancellation);
            hasRoom = true;
            return canWrite = await _queue.Writer.WaitToWriteAsync(cancellation);
        }
        finally
        {
            if (!canWrite)
            {
                plaintext.Dispose();
                if (hasRoom && !isSmall)
                    LeaveLarge();
            }
        }
    }

    /// <summary>Room among this session's long chunks, then among the silo's.</summary>
    private async ValueTask EnterLargeAsync(CancellationToken cancellation)
    {
        await _large.WaitAsync(cancellation);
        try
        {
            await _gate.EnterChunkAsync(cancellation);
        }
        catch
        {
            _large.Release();
            throw;
        }
    }

    private void LeaveLarge()
    {
        _gate.LeaveChunk();
        _large.Release();
    }

    private async Task<Payload> CompressAsync(int length, IMemoryOwner<byte> plaintext)
    {
        try
        {
            return await _gate.RunAsync(() => Compress(length, plaintext), _stop.Token);
        }
        catch
        {
            plaintext.Dispose();
            throw;
        }
    }

    /// <summary>Returns when everything added so far is stored and indexed in memory.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _queue.Writer.WriteAsync(new Work(default, 0, null, null, flushed), cancellation);
        }
        catch (ChannelClosedException)
        {
            throw Ended();
        }
        await flushed.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _packing;
        _stop.Dispose();
    }

    /// <summary>What calls are answered once it has failed or was stopped.</summary>
    public Exception Ended() =>
        Failure switch
        {
            null or OperationCanceledException => SessionUses.Ended(),
            var failure => StoreRefusals.Find(failure) is { } refusal ? StoreRefusals.ToVaultException(refusal) : failure,
        };

    private static Payload Compress(int length, IMemoryOwner<byte> plaintext)
    {
        var content = plaintext.Memory[..length];
        var compressed = ChunkBuffers.Shared.Rent(PayloadCompression.MaxPayloadLength(length) + 1);
        if (PayloadCompression.TryCompress(content.Span, compressed.Memory.Span, out var payloadLength))
        {
            plaintext.Dispose();
            return new Payload(PayloadCodec.Zstd, compressed.Memory[..payloadLength], compressed);
        }
        compressed.Dispose();
        return new Payload(PayloadCodec.Raw, content, plaintext);
    }

    private async Task PackAsync()
    {
        var state = new Packing();
        try
        {
            while (await WaitForWorkAsync(state))
            {
                while (_queue.Reader.TryRead(out var work))
                    await PackAsync(state, work);
            }
            throw new OperationCanceledException("The session was ended.");
        }
        catch (Exception e)
        {
            Volatile.Write(ref _failure, e);
        }
        await EndAsync(state);
    }

    /// <summary>What the packing loop has under way.</summary>
    private sealed class Packing
    {
        public SealedObjectWriter? Pack { get; set; }

        /// <summary>What sealing has taken of the open pack.</summary>
        public TimeSpan Sealing { get; set; }

        public List<Task> Uploads { get; } = [];

        public TaskCompletionSource? Flushing { get; set; }
    }

    /// <summary>False when nothing will come. Waiting for a slow client, it gives an open pack's room to whoever needs it.</summary>
    private async ValueTask<bool> WaitForWorkAsync(Packing state)
    {
        var waiting = _queue.Reader.WaitToReadAsync(_stop.Token);
        if (waiting.IsCompleted || state.Pack is null)
            return await waiting;
        var next = waiting.AsTask();
        if (await Task.WhenAny(next, _gate.Shortage) != next)
            Close(state);
        return await next;
    }

    private async Task PackAsync(Packing state, Work work)
    {
        state.Flushing = work.Flushed;
        if (work.Flushed is null)
            await AppendAsync(state, work);
        if (state.Pack is not null && (work.Flushed is not null || state.Pack.Length >= PackLength))
            Close(state);
        await ObserveAsync(state.Uploads, work.Flushed is null ? MaxUploads : 0);
        work.Flushed?.SetResult();
    }

    private async ValueTask<SealedObjectWriter> OpenPackAsync(Packing state)
    {
        if (state.Pack is { } open)
            return open;
        await _gate.EnterPackAsync(_stop.Token);
        return state.Pack = _secrets.NewObject(ObjectType.Pack);
    }

    private void Close(Packing state)
    {
        if (state.Pack is { } pack)
            state.Uploads.Add(UploadAsync(pack, state.Sealing));
        (state.Pack, state.Sealing) = (null, TimeSpan.Zero);
    }

    private async ValueTask AppendAsync(Packing state, Work work)
    {
        try
        {
            await RequireAsync();
            var pack = await OpenPackAsync(state);
            var payload = work.Compression is { } compression ? await compression : Compress(work.Length, work.Small!);
            var started = SealMeter.Start();
            using (payload.Owner)
                pack.Add(work.ChunkId, work.Length, payload.Codec, payload.Bytes.Span);
            state.Sealing += SealMeter.Since(started);
        }
        finally
        {
            await ReleaseAsync(work);
        }
        Interlocked.Add(ref _bytesNew, work.Length);
        SealMeter.SealedChunk(work.Length);
    }

    /// <summary>Between a chunk's coming and its sealing any time may pass, while the store is slow.</summary>
    private ValueTask RequireAsync() => _secrets.Permit?.RequireAsync() ?? ValueTask.CompletedTask;

    private async Task UploadAsync(SealedObjectWriter pack, TimeSpan sealing)
    {
        try
        {
            await RequireAsync();
            var content = await Task.Run(pack.Finish);
            SealMeter.SealedPack(sealing);
            var header = pack.Header;
            await SealedObjects.PutAsync(_store, $"{ItemBlobs.Packs(_secrets.Item.ItemId)}/{header.ObjectId}", content, _stop.Token);
            Interlocked.Add(ref _bytesStored, content.Length);
            _index.Add(new IndexedPack(header.ObjectId, header.DekEpoch, header.Suite, header.PlatformKeyId), content.Length, pack.Entries);
        }
        finally
        {
            _gate.LeavePack();
            pack.Dispose();
        }
    }

    /// <summary>Waits while more uploads are under way, lets a failed one fail the pipeline, and forgets those that are done.</summary>
    private static async Task ObserveAsync(List<Task> uploads, int atMost)
    {
        while (uploads.Count > atMost)
        {
            var done = await Task.WhenAny(uploads);
            uploads.Remove(done);
            await done;
        }
        foreach (var done in uploads.Where(u => u.IsCompleted).ToList())
        {
            uploads.Remove(done);
            await done;
        }
    }

    private async Task EndAsync(Packing state)
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(state.Uploads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (state.Pack is { } pack)
        {
            pack.Dispose();
            _gate.LeavePack();
        }
        state.Flushing?.TrySetException(Ended());
        while (_queue.Reader.TryRead(out var work))
        {
            await ReleaseAsync(work);
            work.Flushed?.SetException(Ended());
        }
    }

    /// <summary>
    /// Gives back the buffers and the room of a chunk that is sealed or never will be; buffers given back already stay so.
    /// </summary>
    private async ValueTask ReleaseAsync(Work work)
    {
        work.Small?.Dispose();
        if (work.Compression is not { } compression)
            return;
        LeaveLarge();
        await ((Task)compression).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (compression.IsCompletedSuccessfully)
            (await compression).Owner.Dispose();
    }
}
