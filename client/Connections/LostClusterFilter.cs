using RecoveryVault.Errors;

namespace RecoveryVault.Connections;

/// <summary>Turns what the runtime throws when a cluster is lost into the one code that says so.</summary>
internal sealed class LostClusterFilter : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception e) when (IsLoss(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>A refusal is an answer: it comes as an exception of the runtime's kind, and is none of its failures.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is not VaultException and (TimeoutException or OrleansException or IOException or ObjectDisposedException);

    public static VaultException Translate(Exception exception) =>
        new(ErrorCodes.ClusterUnavailable, $"The server was lost or did not answer: {exception.Message}", inner: exception);
}
