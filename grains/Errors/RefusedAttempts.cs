using System.Reflection;
using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Errors;

/// <summary>
/// The last resort of the rule that every refused attempt to change something stands in the activity log: whatever a client's call was
/// refused for, and nobody has logged on the way, is logged where the call leaves its grain.
/// </summary>
public static class RefusedAttempts
{
    /// <param name="context">A call of a client or of another grain; those of grains are not logged, only what they are part of.</param>
    /// <param name="journal">Writes the entry.</param>
    /// <param name="vaultOf">The vault whose log it is; null when there is no such vault or item, and so no log.</param>
    public static async Task InvokeAsync(IIncomingGrainCallContext context, Journal journal, Func<VaultId?> vaultOf)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e)
            when (OperationOf(context.InterfaceMethod) is { } operation
                && Refusals.Find(e) is { } refusal
                // Unclear: it may have happened, and whoever asks again gets it logged as what it is.
                && refusal.Code != ErrorCodes.StoreUnavailable
                // Put off, not refused: the same call comes again.
                && refusal.RetryAfter == TimeSpan.Zero
                && !Journal.IsLogged(refusal)
                && vaultOf() is { } vaultId
            )
        {
            await journal.LogRefusalAsync(vaultId, operation, OperationIdOf(context.Request), refusal);
            if (ReferenceEquals(e, refusal))
                throw;
            throw refusal;
        }
    }

    /// <summary>As what a refused call is logged; null for what only asks.</summary>
    public static string? OperationOf(MethodInfo method) =>
        method.GetCustomAttribute<RequiresAttribute>() is { Role: > VaultRole.BackupReader } requires
        && method.GetCustomAttribute<AlwaysInterleaveAttribute>() is null
            ? requires.LoggedAs ?? method.Name.Replace("Async", "", StringComparison.Ordinal)
            : null;

    /// <summary>The operation's own id, or one made up for a call that has none.</summary>
    private static Guid OperationIdOf(Orleans.Serialization.Invocation.IInvokable request)
    {
        var argument = request.GetArgumentCount() > 0 ? request.GetArgument(0) : null;
        return argument?.GetType().GetProperty("OperationId")?.GetValue(argument) is Guid id ? id : Guid.NewGuid();
    }
}
