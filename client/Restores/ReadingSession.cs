using System.Runtime.CompilerServices;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;

namespace RecoveryVault.Restores;

/// <summary>
/// A session that reads one recovery point. When its silo is lost it begins again where the item is by then, on the same recovery point,
/// and goes on with the chunk that was due: whoever reads through it notices nothing but the time.
/// </summary>
internal sealed class ReadingSession : IRestoreChannel, IDisposable
{
    private readonly Func<BeginRestore, CancellationToken, Task<RestoreTicket>> _begin;
    private readonly BeginRestore _request;
    private readonly IDataPlane _dataPlane;
    private readonly SessionRestarts _restarts;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Func<Guid?, Task<VaultException?>> _findEnd;
    private IRestoreChannel? _channel;
    private bool _isUsed;

    /// <param name="begin">Begins at the item, as soon as there is room.</param>
    /// <param name="request">How it was begun.</param>
    /// <param name="ticket">What came of it.</param>
    /// <param name="dataPlane">Leads to the silo that hosts the item.</param>
    /// <param name="restarts">How often it may begin again.</param>
    /// <param name="findEnd">Why a job ended; null when nobody ended it: then its silo is lost.</param>
    public ReadingSession(
        Func<BeginRestore, CancellationToken, Task<RestoreTicket>> begin,
        BeginRestore request,
        RestoreTicket ticket,
        IDataPlane dataPlane,
        SessionRestarts restarts,
        Func<Guid?, Task<VaultException?>> findEnd
    )
    {
        (_begin, _dataPlane, _restarts, _findEnd) = (begin, dataPlane, restarts, findEnd);
        // The latest may be another one by then.
        _request = request with
        {
            RecoveryPoint = ticket.RecoveryPoint.Name,
        };
        Ticket = ticket;
    }

    /// <summary>Of the session that is open now.</summary>
    public RestoreTicket Ticket { get; private set; }

    public ValueTask<string?[]> CheckAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation) =>
        AskAsync(channel => channel.CheckAsync(chunks, cancellation), cancellation);

    public async IAsyncEnumerable<ChunkContent> ReadAsync(
        IReadOnlyList<ChunkRef> chunks,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var next = 0;
        IAsyncEnumerator<ChunkContent>? answer = null;
        try
        {
            while (next < chunks.Count)
            {
                var content = await AskAsync(
                    async channel =>
                    {
                        answer ??= channel
                            .ReadAsync(next == 0 ? chunks : [.. chunks.Skip(next)], cancellation)
                            .GetAsyncEnumerator(cancellation);
                        return await answer.MoveNextAsync() ? answer.Current : null;
                    },
                    cancellation,
                    async () =>
                    {
                        if (answer is not null)
                            await answer.DisposeAsync();
                        answer = null;
                    }
                );
                if (content is null)
                    yield break;
                next++;
                yield return content;
            }
            // The end of an answer is read too, so that its connection can be used again.
            if (answer is not null)
                await answer.MoveNextAsync();
        }
        finally
        {
            if (answer is not null)
                await answer.DisposeAsync();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async ValueTask<T> AskAsync<T>(
        Func<IRestoreChannel, ValueTask<T>> ask,
        CancellationToken cancellation,
        Func<ValueTask>? onLost = null
    )
    {
        var channel = await OpenAsync(null, cancellation);
        while (true)
        {
            try
            {
                return await ask(channel);
            }
            catch (VaultException e) when (_restarts.Allows(e))
            {
                if (onLost is not null)
                    await onLost();
                channel = await OpenAsync(channel, cancellation);
            }
        }
    }

    /// <summary>The open channel; another one than the one that was lost.</summary>
    private async Task<IRestoreChannel> OpenAsync(IRestoreChannel? lost, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            while (_channel is null || _channel == lost)
            {
                try
                {
                    if (_isUsed)
                        await BeginAgainAsync(cancellation);
                    _isUsed = true;
                    _channel = await _dataPlane.OpenRestoreAsync(Ticket.Session, cancellation);
                    _restarts.Opened();
                }
                catch (VaultException e) when (_restarts.Allows(e))
                {
                    await _restarts.PauseAsync(cancellation);
                }
            }
            return _channel;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task BeginAgainAsync(CancellationToken cancellation)
    {
        // Whoever stopped the job does not want it begun again.
        if (await _findEnd(Ticket.JobId) is { } end && !_restarts.Allows(end))
            throw end;
        Ticket = await _begin(_request with { OperationId = Guid.NewGuid() }, cancellation);
    }
}
