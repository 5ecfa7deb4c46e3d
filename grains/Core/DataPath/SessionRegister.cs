using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPath;

/// <summary>The sessions that live in one silo, by id; each opens only to the token that was given out for it.</summary>
public sealed class SessionRegister(string endpoint, SessionPlaces? places = null) : IAsyncDisposable
{
    private const int TokenLength = 32;

    private readonly ConcurrentDictionary<Guid, Entry> _sessions = new();

    private volatile bool _isClosed;

    private sealed record Entry(IAsyncDisposable Session, byte[] Token, SessionPlace? Place);

    /// <summary>Where clients reach this silo's sessions.</summary>
    public string Endpoint { get; } = endpoint;

    public bool IsEmpty => _sessions.IsEmpty;

    public bool Contains(Guid sessionId) => _sessions.ContainsKey(sessionId);

    /// <summary>The silo is stopping: no session begins here any more.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Asked before anything of a new session is done.</summary>
    /// <exception cref="VaultException">ClusterUnavailable: the silo is stopping.</exception>
    public void RequireOpen()
    {
        if (_isClosed)
            throw new VaultException(ErrorCodes.ClusterUnavailable, "The silo of this item is stopping: it begins no session any more.");
    }

    /// <summary>A place for a session, before anything of it is done; dispose it, <see cref="Add"/> or not.</summary>
    /// <param name="operationId">The same each time its client asks again.</param>
    /// <param name="client">Whose share it is.</param>
    /// <exception cref="VaultException">ClusterUnavailable: the silo is stopping. ServerBusy, ClientLimitReached.</exception>
    public SessionPlace Reserve(Guid operationId, string client)
    {
        RequireOpen();
        return places?.Take(operationId, client) ?? new SessionPlace(client, static () => { });
    }

    /// <summary>A place beside a running backup of the same item.</summary>
    public SessionPlace ReserveBeside(string client)
    {
        RequireOpen();
        return places?.TakeBeside(client) ?? new SessionPlace(client, static () => { });
    }

    /// <summary>The client a session belongs to; null when there is no such session.</summary>
    public string? ClientOf(Guid sessionId) => _sessions.GetValueOrDefault(sessionId)?.Place?.Client;

    /// <summary>Takes a session in, with its place, and returns the ticket that opens it.</summary>
    public SessionTicket Add(Guid sessionId, IAsyncDisposable session, SessionPlace? place = null)
    {
        var token = RandomNumberGenerator.GetBytes(TokenLength);
        if (!_sessions.TryAdd(sessionId, new Entry(session, token, place?.HandOver())))
            throw new ArgumentException($"Session {sessionId} exists.", nameof(sessionId));
        SessionMeter.Opened(session);
        return new SessionTicket(sessionId, Endpoint, [.. token]);
    }

    /// <summary>The ticket given out for a session, for a caller whose answer was lost; null when the session has ended.</summary>
    public SessionTicket? FindTicket(Guid sessionId) =>
        _sessions.TryGetValue(sessionId, out var entry) ? new SessionTicket(sessionId, Endpoint, [.. entry.Token]) : null;

    /// <summary>A session for the grain that made it; null when it has ended.</summary>
    public T? Find<T>(Guid sessionId)
        where T : class => _sessions.GetValueOrDefault(sessionId)?.Session as T;

    /// <summary>A session for a client.</summary>
    /// <exception cref="VaultException">SessionLost: there is none, or it is not this ticket's.</exception>
    public T Open<T>(SessionTicket ticket)
        where T : class
    {
        var entry = _sessions.GetValueOrDefault(ticket.SessionId);
        var isItsOwn = CryptographicOperations.FixedTimeEquals(entry?.Token ?? new byte[TokenLength], ticket.Token.AsSpan());
        return entry is not null && isItsOwn && entry.Session is T session
            ? session
            : throw new VaultException(ErrorCodes.SessionLost, $"Session {ticket.SessionId} does not exist here or is not yours.");
    }

    /// <summary>Ends a session; ending it again changes nothing.</summary>
    public async ValueTask EndAsync(Guid sessionId)
    {
        if (!_sessions.TryRemove(sessionId, out var entry))
            return;
        SessionMeter.Ended(entry.Session);
        try
        {
            await entry.Session.DisposeAsync();
        }
        finally
        {
            entry.Place?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        foreach (var sessionId in _sessions.Keys)
            await EndAsync(sessionId);
    }
}
