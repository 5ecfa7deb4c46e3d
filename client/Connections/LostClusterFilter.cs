using System.Reflection;
using RecoveryVault.Access;
using RecoveryVault.Errors;

namespace RecoveryVault.Connections;

/// <summary>
/// Turns what the runtime throws when a cluster is lost into the one code that says so. While patience lasts it asks again first, where
/// that can do no harm: what only reads, and what never arrived, because the silo it was for is dead and its cluster does not know yet.
/// </summary>
internal sealed class LostClusterFilter(TimeSpan patience, GatewayLosses losses, TimeProvider time) : IOutgoingGrainCallFilter
{
    /// <summary>When a call was asked for the first time that is being asked anew.</summary>
    private static readonly AsyncLocal<long?> AskedFirst = new();

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>A call that was turned away was not begun: it may be repeated without harm.</summary>
    private static readonly TimeSpan OverloadPatience = TimeSpan.FromSeconds(30);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var start = AskedFirst.Value ?? time.GetTimestamp();
        for (var isLost = false; ; )
        {
            try
            {
                await (isLost ? AskAnewAsync(context, start) : losses.AwaitAsync(context.Invoke()));
                return;
            }
            catch (Exception e) when (IsLoss(e))
            {
                isLost |= e is LostCallException;
                var limit = IsOverload(e) && patience < OverloadPatience ? OverloadPatience : patience;
                if (time.GetElapsedTime(start) >= limit || !(ReadsOnly(context.InterfaceMethod) || NeverArrived(e) || IsOverload(e)))
                    throw Translate(e);
            }
            catch (VaultException e) when (MayAskAgain(e, context.InterfaceMethod) && time.GetElapsedTime(start) < patience)
            {
                // The silo that was asked lives, and one that it asked in turn does not.
            }
            await Task.Delay(BusyWait.DelayOf(RetryDelay, 0, BusyWait.Chance()), time);
        }
    }

    /// <summary>
    /// A refusal is an answer: it comes as an exception of the runtime's kind, and is none of its failures. No call of ours can be
    /// cancelled: one that was, the runtime gave up.
    /// </summary>
    public static bool IsLoss(Exception exception) =>
        exception
            is not VaultException
                and (TimeoutException or OrleansException or IOException or ObjectDisposedException or OperationCanceledException)
        || PlacementTimeout.Is(exception);

    public static VaultException Translate(Exception exception) =>
        IsOverload(exception)
            ? new VaultException(
                ErrorCodes.ServerBusy,
                "More calls wait for the same vault or item than the server takes.",
                inner: exception
            )
            : new VaultException(
                ErrorCodes.ClusterUnavailable,
                $"The server was lost or did not answer: {FirstLine(exception.Message)}",
                inner: exception
            );

    /// <summary>A grain had too many calls waiting, or a gateway too much to do: this one was turned away at the door.</summary>
    public static bool IsOverload(Exception exception) =>
        exception is LimitExceededException or GatewayTooBusyException
        || (exception is OrleansMessageRejectionException && exception.Message.Contains("is overloaded", StringComparison.Ordinal));

    /// <summary>The runtime does not send a call a second time while the first may still be answered: this is another call.</summary>
    private static async Task AskAnewAsync(IOutgoingGrainCallContext context, long start)
    {
        AskedFirst.Value = start;
        var arguments = Enumerable.Range(0, context.Request.GetArgumentCount()).Select(context.Request.GetArgument);
        var answer = (Task)context.InterfaceMethod.Invoke(context.Grain, [.. arguments])!;
        await answer;
        context.Result = answer.GetType().GetProperty(nameof(Task<>.Result))?.GetValue(answer);
    }

    private static bool MayAskAgain(VaultException refusal, MethodInfo method) =>
        refusal.Code == ErrorCodes.ClusterUnavailable && ReadsOnly(method);

    /// <summary>Whoever may only read may call it: it changes nothing.</summary>
    private static bool ReadsOnly(MethodInfo method) => method.GetCustomAttribute<RequiresAttribute>()?.Role == VaultRole.BackupReader;

    /// <summary>A gateway says so when it found no connection to the silo that a message was for.</summary>
    private static bool NeverArrived(Exception exception) =>
        exception is OrleansMessageRejectionException
        && exception.Message.StartsWith("Exception while sending message", StringComparison.Ordinal)
        && exception.Message.Contains("ConnectionFailedException", StringComparison.Ordinal);

    /// <summary>The runtime puts stack traces into its messages.</summary>
    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd();
}
