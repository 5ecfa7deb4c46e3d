namespace RecoveryVault.Errors;

/// <summary>
/// No call between grains of ours can be cancelled by who makes it: one that was, the runtime gave up, for instance while it looked for a
/// place for the grain beside a silo that stands still. That is a loss like any other, and not a fault of the program.
/// </summary>
public sealed class CancelledCallFilter : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (OperationCanceledException e) when (IsOurs(context))
        {
            throw Refusals.Lost(e);
        }
    }

    private static bool IsOurs(IOutgoingGrainCallContext context) =>
        context.InterfaceMethod.DeclaringType?.Namespace?.StartsWith("RecoveryVault", StringComparison.Ordinal) == true;
}
