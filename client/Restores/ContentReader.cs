using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Restores;

/// <summary>A chunk of somebody's content that is wanted.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Offset">Where it belongs in the content.</param>
/// <param name="IsLast">True for the content's last chunk.</param>
internal readonly record struct WantedChunk<TOwner>(TOwner Owner, ChunkRef Chunk, long Offset, bool IsLast);

/// <summary>
/// Fetches chunks of many files in the order wanted: gathers them across files into large reads and keeps one read ahead of the one being
/// used. Holds at most three reads' content. Not safe for concurrent use.
/// </summary>
internal sealed class ContentReader<TOwner>(IRestoreChannel channel, Func<WantedChunk<TOwner>, ChunkContent, ValueTask> use)
{
    private const int BatchBytes = 16 << 20;
    private const int BatchCount = 192;

    private List<WantedChunk<TOwner>> _batch = [];
    private long _bytes;
    private Task _using = Task.CompletedTask;

    /// <summary>Wants a chunk; may use chunks wanted before.</summary>
    public async ValueTask AddAsync(WantedChunk<TOwner> wanted, CancellationToken cancellation)
    {
        if (_batch.Count > 0 && (_bytes + wanted.Chunk.Length > BatchBytes || _batch.Count == BatchCount))
            await TurnAsync(cancellation);
        _batch.Add(wanted);
        _bytes += wanted.Chunk.Length;
    }

    /// <summary>Uses everything that is left.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        await TurnAsync(cancellation);
        await _using;
    }

    /// <summary>Waits for the read under way; what it still does after a failure must not outlive its user.</summary>
    public async Task StopAsync() => await _using.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task TurnAsync(CancellationToken cancellation)
    {
        var batch = _batch;
        (_batch, _bytes) = ([], 0);
        if (batch.Count == 0)
        {
            await _using;
            return;
        }
        var contents = channel.ReadAsync([.. batch.Select(w => w.Chunk)], cancellation).GetAsyncEnumerator(cancellation);
        // Its first reads are under way while the batch before it is still being used.
        var first = Task.Run(async () => await contents.MoveNextAsync(), cancellation);
        try
        {
            await _using;
        }
        catch
        {
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (first.IsCompletedSuccessfully && await first)
                contents.Current.Dispose();
            await contents.DisposeAsync();
            throw;
        }
        _using = Task.Run(() => UseAsync(batch, contents, first), CancellationToken.None);
    }

    private async Task UseAsync(List<WantedChunk<TOwner>> batch, IAsyncEnumerator<ChunkContent> contents, Task<bool> first)
    {
        await using (contents)
        {
            var next = 0;
            for (var more = await first; more; more = await contents.MoveNextAsync())
            {
                using var content = contents.Current;
                await use(batch[next++], content);
            }
        }
    }
}
