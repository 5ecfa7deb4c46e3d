namespace RecoveryVault.DataPath;

/// <summary>Carries bulk bytes between a client and the silo that hosts an item: over a socket or, embedded, in process.</summary>
public interface IDataPlane
{
    /// <summary>Opens the sending side of a backup session.</summary>
    /// <exception cref="Errors.VaultException">SessionLost: no such session there, or the token is not its own.</exception>
    ValueTask<IBackupChannel> OpenBackupAsync(SessionTicket ticket, CancellationToken cancellation);

    /// <summary>Opens the receiving side of a restore session.</summary>
    /// <exception cref="Errors.VaultException">SessionLost: no such session there, or the token is not its own.</exception>
    ValueTask<IRestoreChannel> OpenRestoreAsync(SessionTicket ticket, CancellationToken cancellation);
}
