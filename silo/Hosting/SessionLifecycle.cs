using RecoveryVault.DataPath;
using RecoveryVault.Keys;

namespace RecoveryVault.Hosting;

/// <summary>Announces the silo's sessions while it is active; when it stops, ends them, and zeroes every unwrapped key.</summary>
internal sealed class SessionLifecycle(SessionRegister sessions, InProcessDataPlane dataPlane, DekCache deks, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private ITimer? _eviction;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(SessionLifecycle), ServiceLifecycleStage.ApplicationServices, Start, StopAsync);

    private Task Start(CancellationToken cancellation)
    {
        dataPlane.Add(sessions);
        _eviction = time.CreateTimer(_ => deks.EvictExpired(), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellation)
    {
        if (_eviction is not null)
            await _eviction.DisposeAsync();
        dataPlane.Remove(sessions);
        await sessions.DisposeAsync();
        deks.Dispose();
    }
}
