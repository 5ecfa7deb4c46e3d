using RecoveryVault.Errors;

namespace RecoveryVault.DataPath;

/// <summary>Counts the calls inside a session, so that its keys are zeroed only when none of them can still need one.</summary>
internal sealed class SessionUses
{
    private readonly Lock _sync = new();
    private readonly TaskCompletionSource _unused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isEnded;

    /// <summary>Begins a call; dispose the result at its end.</summary>
    /// <exception cref="VaultException">SessionLost: the session has ended.</exception>
    public Use Enter()
    {
        lock (_sync)
        {
            if (_isEnded)
                throw Ended();
            _count++;
        }
        return new Use(this);
    }

    public static VaultException Ended() => new(ErrorCodes.SessionLost, "The session has ended.");

    /// <summary>Refuses calls from now on; false when it did so before.</summary>
    public bool TryEnd()
    {
        lock (_sync)
        {
            if (_isEnded)
                return false;
            _isEnded = true;
            if (_count == 0)
                _unused.SetResult();
            return true;
        }
    }

    /// <summary>Returns when the session has ended and its last call too.</summary>
    public Task WaitAsync() => _unused.Task;

    private void Leave()
    {
        lock (_sync)
        {
            if (--_count == 0 && _isEnded)
                _unused.SetResult();
        }
    }

    /// <summary>One call.</summary>
    public readonly struct Use(SessionUses uses) : IDisposable
    {
        public void Dispose() => uses.Leave();
    }
}
