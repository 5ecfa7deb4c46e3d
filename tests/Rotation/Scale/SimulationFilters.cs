using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Concurrency;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>A call nobody waits for is an activity of its own, from its sending on.</summary>
internal sealed class SendingFilter(Simulation simulation) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (OneWayCalls.Contains(context.InterfaceMethod))
            simulation.Enter();
        await context.Invoke();
    }
}

/// <summary>
/// It ends when the grain is done with it. A grain's timer is an activity from its call on. And how long grains let others wait.
/// </summary>
internal sealed class ReceivingFilter(Simulation simulation, SimulationFigures figures) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var isTimer = context.InterfaceMethod.DeclaringType?.Name == "IGrainTimerInvoker";
        var isWaitedFor = !isTimer && !OneWayCalls.Contains(context.InterfaceMethod);
        var started = simulation.Time.Elapsed;
        if (isTimer)
            simulation.Enter();
        try
        {
            await context.Invoke();
        }
        finally
        {
            if (isWaitedFor)
                figures.NoteCall(
                    $"{context.InterfaceMethod.DeclaringType?.Name}.{context.InterfaceMethod.Name}",
                    simulation.Time.Elapsed - started
                );
            else
                simulation.Leave();
        }
    }
}

internal static class OneWayCalls
{
    private static readonly ConcurrentDictionary<MethodInfo, bool> Known = new();

    public static bool Contains(MethodInfo? method) =>
        method is not null && Known.GetOrAdd(method, m => m.GetCustomAttribute<OneWayAttribute>() is not null);
}
