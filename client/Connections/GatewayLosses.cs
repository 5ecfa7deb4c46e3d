using Microsoft.AspNetCore.Connections;

namespace RecoveryVault.Connections;

/// <summary>
/// Notices that a gateway's connection ended. A silo that is killed takes the calls that it was at with it, and the runtime waits half a
/// minute for their answers when they came by way of another silo: a client is told of no silo's death but by its connection.
/// </summary>
internal sealed class GatewayLosses(TimeProvider time)
{
    /// <summary>
    /// How long the answer to a call may still take after that. A call is answered within a fraction of a second, and a silo that ends in
    /// order answers first: what is silent for longer was most likely lost with it.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private TaskCompletionSource _next = New();

    /// <summary>Watches connections to gateways.</summary>
    public void Watch(IConnectionBuilder connections) =>
        connections.Use(next =>
            async connection =>
            {
                try
                {
                    await next(connection);
                }
                finally
                {
                    Lose();
                }
            }
        );

    /// <summary>A connection to a gateway has ended.</summary>
    public void Lose() => Interlocked.Exchange(ref _next, New()).SetResult();

    /// <summary>Waits for the answer to a call.</summary>
    /// <exception cref="LostCallException">It did not come within <see cref="Grace"/> of the end of a gateway's connection.</exception>
    public async Task AwaitAsync(Task answer)
    {
        var loss = Volatile.Read(ref _next).Task;
        if (await Task.WhenAny(answer, loss) == loss && !await IsWithinGraceAsync(answer))
        {
            answer.Ignore();
            throw new LostCallException();
        }
        await answer;
    }

    private async Task<bool> IsWithinGraceAsync(Task answer)
    {
        using var ending = new CancellationTokenSource();
        var within = await Task.WhenAny(answer, Task.Delay(Grace, time, ending.Token)) == answer;
        await ending.CancelAsync();
        return within;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A call that is not waited for any longer; whether it was done is not known.</summary>
internal sealed class LostCallException()
    : TimeoutException($"a silo was lost, and the call was not answered within {GatewayLosses.Grace.TotalSeconds:0} s of that.");
