using System.Collections.Concurrent;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPath;

/// <summary>The data plane inside one process: no copy, no socket, but addressed by silo and opened by token just the same.</summary>
public sealed class InProcessDataPlane : IDataPlane
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, SessionRegister> _silos = new(StringComparer.Ordinal);

    public void Add(SessionRegister sessions) => _silos[sessions.Endpoint] = sessions;

    public void Remove(SessionRegister sessions) => _silos.TryRemove(sessions.Endpoint, out _);

    /// <summary>No session begins any more; those under way go on.</summary>
    public void Close()
    {
        foreach (var silo in _silos.Values)
            silo.Close();
    }

    public ValueTask<IBackupChannel> OpenBackupAsync(SessionTicket ticket, CancellationToken cancellation) =>
        ValueTask.FromResult<IBackupChannel>(Find(ticket).Open<BackupSession>(ticket));

    public ValueTask<IRestoreChannel> OpenRestoreAsync(SessionTicket ticket, CancellationToken cancellation) =>
        ValueTask.FromResult<IRestoreChannel>(Find(ticket).Open<RestoreSession>(ticket));

    /// <summary>Returns when no session is open, or when patience is over; true in the first case.</summary>
    public async Task<bool> WaitUntilIdleAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellation = default)
    {
        for (var start = time.GetTimestamp(); !_silos.Values.All(silo => silo.IsEmpty); )
        {
            if (time.GetElapsedTime(start) > patience)
                return false;
            await Task.Delay(LookPeriod, time, cancellation);
        }
        return true;
    }

    /// <summary>The client a session belongs to; null when it is not known.</summary>
    public string? ClientOf(SessionTicket ticket) => _silos.GetValueOrDefault(ticket.Endpoint)?.ClientOf(ticket.SessionId);

    private SessionRegister Find(SessionTicket ticket) =>
        _silos.GetValueOrDefault(ticket.Endpoint)
        ?? throw new VaultException(ErrorCodes.SessionLost, $"There is no silo at {ticket.Endpoint}.");
}
