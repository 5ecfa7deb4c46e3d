using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>The silo's own turns; whoever waits for one waits for time.</summary>
internal sealed class SimulatedTurns(Simulation simulation) : PassTurns(simulation.Time)
{
    public override Task<IDisposable?> TryTakeAsync(string host) => simulation.WaitAsync(() => base.TryTakeAsync(host));
}
