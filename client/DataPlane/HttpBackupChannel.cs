using System.Buffers;
using System.Threading.Channels;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// The sending side of a backup session over HTTP: gathers chunks into batches and sends a few of them at once. What is gathered and under
/// way is bounded, so that a slow store slows the reading of the source. The first failure is reported by every later call.
/// </summary>
internal sealed class HttpBackupChannel : IBackupChannel
{
    private const int BatchesUnderWay = 4;

    private readonly SessionCaller _caller;
    private readonly Channel<bool> _underWay = Channel.CreateBounded<bool>(BatchesUnderWay);
    private readonly Lock _sync = new();
    private ChunkBatch _batch = new();
    private VaultException? _failure;

    private HttpBackupChannel(SessionCaller caller, ChunkerSettings chunker) => (_caller, Chunker) = (caller, chunker);

    public ChunkerSettings Chunker { get; }

    public static async Task<HttpBackupChannel> OpenAsync(SessionCaller caller, CancellationToken cancellation) =>
        new(caller, ChunkerSettingsForm.Read((await TouchAsync(caller, cancellation)).Span));

    public async ValueTask<bool[]> FindNewAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        ThrowIfFailed();
        if (chunks.Count == 0)
        {
            await TouchAsync(_caller, cancellation);
            return [];
        }
        BodyReader.RequireQuery(chunks.Count);
        var query = ChunkRefList.Write(chunks);
        var answer = await _caller.CallAsync(
            DataPlaneProtocol.Query,
            () => new ByteArrayContent(query),
            (stream, cancel) => BodyReader.ReadAsync(stream, chunks.Count, cancel),
            cancellation
        );
        if (answer.Length != chunks.Count || answer.Span.ContainsAnyExcept((byte)0, (byte)1))
            throw new VaultException(
                ErrorCodes.ProtocolMismatch,
                $"The silo answered a query of {chunks.Count} chunks with something else."
            );
        return Array.ConvertAll(answer.ToArray(), one => one == 1);
    }

    public async ValueTask PutAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        ChunkBatch? full;
        try
        {
            ThrowIfFailed();
            if (chunk.IsZero || chunk.Length is < 1 or > ChunkRef.MaxLength || chunk.Length > plaintext.Memory.Length)
                throw new VaultException(ErrorCodes.InvalidRequest, $"A chunk has 1 to {ChunkRef.MaxLength} bytes, got {chunk.Length}.");
        }
        catch
        {
            plaintext.Dispose();
            throw;
        }
        lock (_sync)
        {
            _batch.Add(chunk, plaintext);
            full = _batch.IsFull ? Take() : null;
        }
        if (full is not null)
            await StartAsync(full, cancellation);
    }

    public async Task FlushAsync(CancellationToken cancellation)
    {
        ChunkBatch last;
        lock (_sync)
            last = Take();
        if (!last.IsEmpty)
            await StartAsync(last, cancellation);
        await AwaitSentAsync(cancellation);
        ThrowIfFailed();
        await _caller.CallAsync(DataPlaneProtocol.Flush, () => null, BodyReader.SkipAsync, cancellation);
    }

    private static Task<ReadOnlyMemory<byte>> TouchAsync(SessionCaller caller, CancellationToken cancellation) =>
        caller.CallAsync(
            null,
            () => null,
            (stream, cancel) => BodyReader.ReadAsync(stream, ChunkerSettingsForm.Length, cancel),
            cancellation
        );

    private ChunkBatch Take()
    {
        var batch = _batch;
        _batch = new ChunkBatch();
        return batch;
    }

    private async Task StartAsync(ChunkBatch batch, CancellationToken cancellation)
    {
        try
        {
            await _underWay.Writer.WriteAsync(true, cancellation);
        }
        catch
        {
            batch.Release();
            throw;
        }
        _ = SendAsync(batch, cancellation);
    }

    /// <summary>Never throws: a failure is kept for the next call.</summary>
    private async Task SendAsync(ChunkBatch batch, CancellationToken cancellation)
    {
        try
        {
            await _caller.CallAsync(DataPlaneProtocol.Chunks, batch.ToBody, BodyReader.SkipAsync, cancellation);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e as VaultException ?? Failed(e), null);
        }
        finally
        {
            batch.Release();
            Leave();
        }
    }

    private static VaultException Failed(Exception cause) =>
        new(ErrorCodes.ClusterUnavailable, $"Chunks could not be sent: {cause.Message}", inner: cause);

    /// <summary>When there is room for all of them, nothing is under way.</summary>
    private async Task AwaitSentAsync(CancellationToken cancellation)
    {
        var entered = 0;
        try
        {
            for (; entered < BatchesUnderWay; entered++)
                await _underWay.Writer.WriteAsync(true, cancellation);
        }
        finally
        {
            while (entered-- > 0)
                Leave();
        }
    }

    private void Leave() => _underWay.Reader.TryRead(out _);

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw new VaultException(failure.Code, failure.Message, failure.Recommendation, failure);
    }
}
