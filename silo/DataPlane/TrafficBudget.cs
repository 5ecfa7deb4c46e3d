using RecoveryVault.Catalogues;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Bounds the content that requests hold in memory at once. Every session has one request of its own that never waits: so none is ever
/// starved. What it does beside that comes out of one budget, and of those waiting for it that client is next which holds least of it.
/// </summary>
internal sealed class TrafficBudget(long limit)
{
    /// <summary>The most that a session's own request holds: four MiB sealed, and the same opened. Larger ones wait like others.</summary>
    public const long OwnBytes = 2L * ChunkRef.MaxLength;

    private readonly Lock _sync = new();
    private readonly HashSet<Guid> _own = [];
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private readonly LinkedList<Room> _waiting = [];
    private long _taken;

    /// <summary>Returns when there is room; dispose the result when the content is gone.</summary>
    public async ValueTask<Room> EnterAsync(Guid sessionId, string client, long bytes, CancellationToken cancellation)
    {
        var room = new Room(this, sessionId, client, Math.Min(bytes, limit));
        lock (_sync)
        {
            if (TryTakeOwn(room))
                return room;
            _waiting.AddLast(room);
            Admit();
        }
        try
        {
            await room.Admitted.Task.WaitAsync(cancellation);
            return room;
        }
        catch (OperationCanceledException)
        {
            Forget(room);
            throw;
        }
    }

    private bool TryTakeOwn(Room room) => room.IsOwn = room.Bytes <= OwnBytes && _own.Add(room.SessionId);

    /// <summary>In turn, as long as there is room: a large request is not overtaken for ever by small ones.</summary>
    private void Admit()
    {
        while (_waiting.Count > 0)
        {
            var next = _waiting.MinBy(room => _held.GetValueOrDefault(room.Client)) ?? throw new InvalidOperationException();
            if (_taken > 0 && limit - _taken < next.Bytes)
                return;
            _taken += next.Bytes;
            _held[next.Client] = _held.GetValueOrDefault(next.Client) + next.Bytes;
            Begin(next);
        }
    }

    private void Begin(Room room)
    {
        _waiting.Remove(room);
        room.Admitted.SetResult();
    }

    /// <summary>Whoever waited may have been admitted at the same moment.</summary>
    private void Forget(Room room)
    {
        lock (_sync)
        {
            if (!_waiting.Remove(room))
                Leave(room);
            else
                Admit();
        }
    }

    private void Leave(Room room)
    {
        lock (_sync)
        {
            if (room.IsOwn)
            {
                _own.Remove(room.SessionId);
                if (_waiting.FirstOrDefault(other => other.SessionId == room.SessionId && TryTakeOwn(other)) is { } next)
                    Begin(next);
                return;
            }
            _taken -= room.Bytes;
            if ((_held[room.Client] -= room.Bytes) == 0)
                _held.Remove(room.Client);
            Admit();
        }
    }

    /// <summary>The room of one request.</summary>
    internal sealed class Room(TrafficBudget budget, Guid sessionId, string client, long bytes) : IDisposable
    {
        private int _left;

        public Guid SessionId => sessionId;

        public string Client => client;

        public long Bytes => bytes;

        /// <summary>It is the one its session always has.</summary>
        public bool IsOwn { get; set; }

        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                budget.Leave(this);
        }
    }
}
