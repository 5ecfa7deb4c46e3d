namespace RecoveryVault.DataPath;

/// <summary>The place of one session.</summary>
/// <param name="client">Whose it is.</param>
/// <param name="leave">Gives it back.</param>
public sealed class SessionPlace(string client, Action leave) : IDisposable
{
    private Action? _leave = leave;

    /// <summary>Whose it is.</summary>
    public string Client => client;

    /// <summary>Whoever begins the session owns the place from now on; disposing this one changes nothing any more.</summary>
    internal SessionPlace HandOver() => new(client, Interlocked.Exchange(ref _leave, null) ?? (static () => { }));

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
