using System.Runtime.CompilerServices;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// The receiving side of a restore session over HTTP. An answer that breaks off is asked for again from the first chunk that did not
/// come; what came is not sent twice.
/// </summary>
internal sealed class HttpRestoreChannel : IRestoreChannel
{
    private readonly SessionCaller _caller;

    private HttpRestoreChannel(SessionCaller caller) => _caller = caller;

    public static async Task<HttpRestoreChannel> OpenAsync(SessionCaller caller, CancellationToken cancellation)
    {
        await TouchAsync(caller, cancellation);
        return new HttpRestoreChannel(caller);
    }

    private static Task<bool> TouchAsync(SessionCaller caller, CancellationToken cancellation) =>
        caller.CallAsync(null, () => null, BodyReader.SkipAsync, cancellation);

    public async ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        if (chunks.Count == 0)
        {
            await TouchAsync(_caller, cancellation);
            return [];
        }
        BodyReader.RequireQuery(chunks.Count);
        var query = ChunkRefList.Write(chunks);
        return await _caller.CallAsync(
            DataPlaneProtocol.Check,
            () => new ByteArrayContent(query),
            async (stream, cancel) => CodeList.Read((await BodyReader.ReadAsync(stream, CodeList.MaxLength, cancel)).Span, chunks.Count),
            cancellation
        );
    }

    public async IAsyncEnumerable<ChunkContent> ReadAsync(
        IReadOnlyList<ChunkRef> chunks,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        BodyReader.RequireQuery(chunks.Count);
        if (chunks.Sum(c => (long)c.Length) > IRestoreChannel.MaxBatchBytes)
            throw new VaultException(ErrorCodes.InvalidRequest, $"One read asks for at most {IRestoreChannel.MaxBatchBytes} bytes.");
        using var answer = new ChunkAnswer(_caller, chunks);
        while (await answer.NextAsync(cancellation) is { } content)
            yield return content;
    }

    /// <summary>The chunks of one read, whatever number of answers they take.</summary>
    private sealed class ChunkAnswer(SessionCaller caller, IReadOnlyList<ChunkRef> chunks) : IDisposable
    {
        private HttpResponseMessage? _answer;
        private ChunkFrameReader? _frames;
        private int _next;
        private int _tries;

        public async ValueTask<ChunkContent?> NextAsync(CancellationToken cancellation)
        {
            while (_next < chunks.Count)
            {
                try
                {
                    var content = Take(await caller.AwaitAsync(ReadFrameAsync, cancellation), chunks[_next]);
                    (_next, _tries) = (_next + 1, 0);
                    return content;
                }
                catch (Exception e) when (SessionCaller.IsDropped(e) && !cancellation.IsCancellationRequested)
                {
                    Dispose();
                    await caller.PauseAsync(++_tries, e, cancellation);
                }
            }
            await FinishAsync(cancellation);
            return null;
        }

        public void Dispose()
        {
            _answer?.Dispose();
            (_answer, _frames) = (null, null);
        }

        private async Task<ReceivedFrame> ReadFrameAsync(CancellationToken cancellation)
        {
            _frames ??= await AskAsync(cancellation);
            return await _frames.ReadAsync(cancellation);
        }

        private async Task<ChunkFrameReader> AskAsync(CancellationToken cancellation)
        {
            var wanted = ChunkRefList.Write([.. chunks.Skip(_next)]);
            _answer = await caller.SendAsync(DataPlaneProtocol.Read, new ByteArrayContent(wanted), cancellation);
            return new ChunkFrameReader(await _answer.Content.ReadAsStreamAsync(cancellation));
        }

        /// <summary>Everything came: the end is read too, so that the connection can be used again.</summary>
        private async Task FinishAsync(CancellationToken cancellation)
        {
            if (_answer is null || _frames is null)
                return;
            try
            {
                await _frames.ReadAsync(cancellation);
                await BodyReader.SkipAsync(await _answer.Content.ReadAsStreamAsync(cancellation), cancellation);
            }
            catch (Exception e) when (SessionCaller.IsDropped(e) || e is WireFaultException)
            {
                // Nothing is missing: all that is lost is the connection.
            }
            Dispose();
        }

        private static ChunkContent Take(ReceivedFrame received, ChunkRef wanted)
        {
            var (frame, content) = (received.Frame, received.Content);
            switch (frame.Type)
            {
                case ChunkFrameType.Content when frame.Chunk == wanted && content is not null:
                    // Bytes that crossed a socket: a chunk that is not itself counts as one that did not come.
                    if (Digest.Of(content.Memory.Span[..frame.Length]) == wanted.Digest)
                        return new ChunkContent(wanted, content);
                    content.Dispose();
                    throw new IOException("A chunk came with another digest than its own.");
                case ChunkFrameType.Zeros when wanted.IsZero && frame.Length == wanted.Length:
                    return Zeros(wanted);
                case ChunkFrameType.Damage when frame.Digest == wanted.Digest && frame.Length == wanted.Length:
                    return new ChunkContent(wanted, null, CodeList.ReadCode(received.Text.Span));
                case ChunkFrameType.Failure:
                    throw ErrorForm.TryRead(received.Text.Span) ?? ErrorForm.Of(500);
                default:
                    content?.Dispose();
                    throw new VaultException(ErrorCodes.ProtocolMismatch, "The silo sent another chunk than the one that was asked for.");
            }
        }

        private static ChunkContent Zeros(ChunkRef chunk)
        {
            var zeros = ChunkBuffers.Shared.Rent(chunk.Length);
            zeros.Memory.Span[..chunk.Length].Clear();
            return new ChunkContent(chunk, zeros);
        }
    }
}
