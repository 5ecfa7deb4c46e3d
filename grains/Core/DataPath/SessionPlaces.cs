using RecoveryVault.Errors;

namespace RecoveryVault.DataPath;

/// <summary>
/// The places of a silo's sessions. Whoever finds none is told when to ask again, and keeps his turn by doing so: a place that becomes
/// free goes to who has waited longest, not to who happens to ask next.
/// </summary>
public sealed class SessionPlaces(SessionLimits limits, TimeProvider time)
{
    /// <summary>More are not remembered: they ask without a turn.</summary>
    private const int MaxWaiting = 1000;

    /// <summary>So many of those waiting are asked to come at the same second.</summary>
    private const int WaitingPerSecond = 4;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Who comes that much later than twice what he was told has lost his turn.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Lock _sync = new();
    private readonly Dictionary<string, int> _clients = new(StringComparer.Ordinal);
    private readonly List<Waiting> _waiting = [];
    private int _taken;
    private int _beside;

    private sealed record Waiting(Guid OperationId, long AskedAt, TimeSpan Wait);

    /// <summary>Places taken, without those beside a backup.</summary>
    public int Taken
    {
        get
        {
            lock (_sync)
                return _taken;
        }
    }

    /// <summary>Takes a place; dispose it when the session is over, or was not begun.</summary>
    /// <param name="operationId">The same each time its client asks again.</param>
    /// <param name="client">Whose share it is.</param>
    /// <exception cref="VaultException">ServerBusy, ClientLimitReached: ask again after its RetryAfter.</exception>
    public SessionPlace Take(Guid operationId, string client)
    {
        lock (_sync)
        {
            _waiting.RemoveAll(IsLapsed);
            var turn = _waiting.FindIndex(w => w.OperationId == operationId);
            if (_clients.GetValueOrDefault(client) >= limits.SessionsPerClient)
            {
                // His own places keep him waiting: meanwhile he is in nobody's way.
                if (turn >= 0)
                    _waiting.RemoveAt(turn);
                throw ClientFull();
            }
            var ahead = turn >= 0 ? turn : _waiting.Count;
            if (limits.Sessions - _taken <= ahead)
                throw Full(Remember(operationId, turn, ahead - Math.Max(0, limits.Sessions - _taken)));
            if (turn >= 0)
                _waiting.RemoveAt(turn);
            _taken++;
            _clients[client] = _clients.GetValueOrDefault(client) + 1;
            return new SessionPlace(client, () => Leave(client));
        }
    }

    /// <summary>
    /// A place for reading beside a running backup of the same item, whose index it shares: were it to wait for one of the others, backups
    /// that have theirs could all wait for each other.
    /// </summary>
    /// <exception cref="VaultException">ServerBusy.</exception>
    public SessionPlace TakeBeside(string client)
    {
        lock (_sync)
        {
            if (_beside >= limits.Sessions)
                throw Full(LongestWait);
            _beside++;
            return new SessionPlace(client, LeaveBeside);
        }
    }

    private bool IsLapsed(Waiting waiting) => time.GetElapsedTime(waiting.AskedAt) > (2 * waiting.Wait) + Grace;

    /// <summary>When to ask again.</summary>
    private TimeSpan Remember(Guid operationId, int turn, int ahead)
    {
        var wait = TimeSpan.FromSeconds(Math.Min(1 + (ahead / WaitingPerSecond), LongestWait.TotalSeconds));
        var waiting = new Waiting(operationId, time.GetTimestamp(), wait);
        if (turn >= 0)
            _waiting[turn] = waiting;
        else if (_waiting.Count < MaxWaiting)
            _waiting.Add(waiting);
        return wait;
    }

    private VaultException Full(TimeSpan wait) =>
        PutOff(ErrorCodes.ServerBusy, $"The server has all the backups and restores under way that it takes at once ({limits.Sessions}).", wait);

    private VaultException ClientFull() =>
        PutOff(
            ErrorCodes.ClientLimitReached,
            $"This client has all the backups and restores under way that the server grants one client at once ({limits.SessionsPerClient}).",
            TimeSpan.FromSeconds(1)
        );

    private static VaultException PutOff(string code, string message, TimeSpan wait)
    {
        SessionMeter.PutOff(code);
        return new VaultException(code, message) { RetryAfter = wait };
    }

    private void Leave(string client)
    {
        lock (_sync)
        {
            _taken--;
            if (_clients[client] == 1)
                _clients.Remove(client);
            else
                _clients[client]--;
        }
    }

    private void LeaveBeside()
    {
        lock (_sync)
            _beside--;
    }
}
