using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Restores;

/// <summary>A chunk of somebody's content that is wanted.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Offset">Where it belongs in the content.</param>
internal readonly record struct WantedChunk<TOwner>(TOwner Owner, ChunkRef Chunk, long Offset);

/// <summary>
/// Fetches chunks of many files: gathers them across files into reads that a processor's cache holds, with several reads under way at once.
/// Chunks of one read are used in order, those of different reads at the same time. Not itself safe for concurrent use.
/// </summary>
/// <param name="channel">Where chunks come from.</param>
/// <param name="use">Called for every chunk, from several threads.</param>
internal sealed class ContentReader<TOwner>(IRestoreChannel channel, Func<WantedChunk<TOwner>, ChunkContent, ValueTask> use) : IDisposable
{
    private const int BatchBytes = 4 << 20;

    /// <summary>A file that is not whole holds a descriptor: so many in each read at most.</summary>
    private const int BatchCount = 128;

    private const int ReadsInFlight = 4;

    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<Task> _reads = [];
    private List<WantedChunk<TOwner>> _batch = [];
    private long _bytes;

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
        while (_reads.TryDequeue(out var read))
            await read;
    }

    /// <summary>Ends the reads under way and waits for them; what they still do after a failure must not outlive their user.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_reads).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    private async ValueTask TurnAsync(CancellationToken cancellation)
    {
        var batch = _batch;
        if (batch.Count == 0)
            return;
        (_batch, _bytes) = ([], 0);
        if (_reads.Count == ReadsInFlight)
            await _reads.Dequeue();
        _reads.Enqueue(Task.Run(() => ReadAsync(batch, cancellation), CancellationToken.None));
    }

    private async Task ReadAsync(List<WantedChunk<TOwner>> batch, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        var next = 0;
        await foreach (var content in channel.ReadAsync([.. batch.Select(w => w.Chunk)], either.Token))
        {
            using (content)
                await use(batch[next++], content);
        }
    }
}
