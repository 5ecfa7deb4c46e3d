using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Counts the requests of each session: more than the protocol allows are refused, and of those that bring chunks only a few are read at a
/// time, each of which holds a chunk; the others wait in their connections.
/// </summary>
internal sealed class SessionRequests(TrafficBudget? budget = null)
{
    /// <summary>One is read while another waits for a processor.</summary>
    private const int MaxBodies = 2;

    private readonly TrafficBudget _budget = budget ?? new TrafficBudget(long.MaxValue);
    private readonly Lock _sync = new();
    private readonly Dictionary<Guid, Session> _sessions = [];

    /// <exception cref="VaultException">TooManyRequests.</exception>
    public Place Enter(Guid sessionId, string? client = null)
    {
        lock (_sync)
        {
            if (!_sessions.TryGetValue(sessionId, out var session))
                _sessions[sessionId] = session = new Session();
            if (session.Count == DataPlaneProtocol.MaxRequestsPerSession)
                throw new VaultException(
                    ErrorCodes.TooManyRequests,
                    $"At most {DataPlaneProtocol.MaxRequestsPerSession} requests of a session are answered at once."
                )
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            session.Count++;
            return new Place(this, sessionId, session, client ?? $"{sessionId}");
        }
    }

    private void Leave(Guid sessionId, Session session)
    {
        lock (_sync)
        {
            if (--session.Count == 0)
                _sessions.Remove(sessionId);
        }
    }

    internal sealed class Session
    {
        public int Count { get; set; }

        // Nobody asks for its wait handle: there is nothing to dispose.
        public SemaphoreSlim Bodies { get; } = new(MaxBodies);
    }

    /// <summary>A request being answered.</summary>
    internal sealed class Place(SessionRequests requests, Guid sessionId, Session session, string client) : IDisposable
    {
        private bool _readsBody;
        private TrafficBudget.Room? _room;

        /// <summary>Returns when it is this request's turn to be read.</summary>
        public async Task EnterBodyAsync(CancellationToken cancellation)
        {
            await session.Bodies.WaitAsync(cancellation);
            _readsBody = true;
            await HoldAsync(ChunkRef.MaxLength, cancellation);
        }

        /// <summary>Returns when the silo has room for so much content of this request, once.</summary>
        public async Task HoldAsync(long bytes, CancellationToken cancellation) =>
            _room ??= await requests._budget.EnterAsync(sessionId, client, bytes, cancellation);

        public void Dispose()
        {
            _room?.Dispose();
            if (_readsBody)
                session.Bodies.Release();
            requests.Leave(sessionId, session);
        }
    }
}
