using System.Diagnostics;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>
/// Lets time go on exactly when nobody has anything left to do now. Grains run as they always do, on the thread pool, and hold an activity
/// from the first call to the last answer; what waits for time (key vaults and the traffic before them) runs here, on one thread, and holds
/// none. An answer takes up its caller's activity before the caller hears of it, so there is no moment at which all seem to rest.
/// </summary>
internal sealed class Simulation(SimulatedTime time) : TaskScheduler, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Real time for a grain's timer to become a turn of the grain.</summary>
    private static readonly TimeSpan Waking = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Queue<Task> _queue = new();
    private readonly ManualResetEventSlim _changed = new();
    private readonly ManualResetEventSlim _entered = new();
    private int _active;

    public SimulatedTime Time { get; } = time;

    /// <summary>Somebody outside has begun something.</summary>
    public void Enter()
    {
        lock (_gate)
            _active++;
        _entered.Set();
    }

    public void Dispose()
    {
        _changed.Dispose();
        _entered.Dispose();
    }

    /// <summary>It is done, or waits for time.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_active <= 0)
                _changed.Set();
        }
    }

    /// <summary>Runs what waits for time, on behalf of somebody who is active.</summary>
    public async Task<T> WaitAsync<T>(Func<Task<T>> wait)
    {
        var waiting = Task.Factory.StartNew(() => EnteringAsync(wait), CancellationToken.None, TaskCreationOptions.None, this).Unwrap();
        Leave();
        return await waiting;
    }

    private async Task<T> EnteringAsync<T>(Func<Task<T>> wait)
    {
        try
        {
            return await wait();
        }
        finally
        {
            Enter();
        }
    }

    /// <summary>Has time go on until then.</summary>
    public void Run(TimeSpan until)
    {
        while (true)
        {
            if (TryTake(out var task))
                TryExecuteTask(task);
            else if (!RestsNow())
                AwaitChange();
            else if (!GoOn(until))
                return;
        }
    }

    private bool GoOn(TimeSpan until)
    {
        _entered.Reset();
        var wentOn = Time.GoOn(until);
        if (wentOn && Time.HasWokenGrain)
            _entered.Wait(Waking);
        return wentOn;
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Task? task)
    {
        lock (_gate)
            return _queue.TryDequeue(out task);
    }

    private bool RestsNow()
    {
        lock (_gate)
        {
            _changed.Reset();
            return _active <= 0 && _queue.Count == 0;
        }
    }

    private void AwaitChange()
    {
        lock (_gate)
        {
            if (_active <= 0 || _queue.Count > 0)
                return;
        }
        if (!_changed.Wait(Patience))
            throw new UnreachableException($"{_active} activities have been at work for {Patience} and none waits for time.");
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            _queue.Enqueue(task);
            _changed.Set();
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_gate)
            return [.. _queue];
    }
}
