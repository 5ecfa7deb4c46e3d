namespace RecoveryVault.Catalogues;

/// <summary>
/// Nodes that are being fetched before they are reached: a store that is far away is then waited for once, and not once for each node. Not
/// safe for concurrent use; disposing gives up what nobody reached.
/// </summary>
internal sealed class NodesAhead(Func<ChunkRef, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> fetch, CancellationToken cancellation)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    private readonly Dictionary<ChunkRef, Task<ReadOnlyMemory<byte>>> _fetches = [];

    public static bool IsNode(ChunkRef reference) => !reference.IsZero && reference.Length is >= 1 and <= ChunkRef.MaxLength;

    /// <summary>Begins to fetch nodes; what is no node fails when it is reached.</summary>
    public void Start(IEnumerable<ChunkRef> nodes)
    {
        foreach (var node in nodes)
            if (IsNode(node) && !_fetches.ContainsKey(node))
                _fetches[node] = FetchAsync(node, _stop.Token);
    }

    /// <summary>A node, which may be on its way.</summary>
    public Task<ReadOnlyMemory<byte>> FetchAsync(ChunkRef node) =>
        _fetches.Remove(node, out var known) ? known : FetchAsync(node, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)Task.WhenAll(_fetches.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>Whatever goes wrong is the task's: nothing is thrown before the node is reached.</summary>
    private async Task<ReadOnlyMemory<byte>> FetchAsync(ChunkRef node, CancellationToken cancellation) => await fetch(node, cancellation);
}
