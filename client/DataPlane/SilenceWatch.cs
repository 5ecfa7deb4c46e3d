using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>
/// Tells a silo that works on a request from one that stands still, or cannot be reached any more and did not close the connection: such a
/// one answers nothing at all, so now and then it is asked for the session itself, which takes no work.
/// </summary>
/// <param name="touch">Asks for the session on another connection; any answer will do.</param>
/// <param name="name">What is silent, for the error.</param>
/// <param name="period">How long a request waits before the silo is asked, and how long that may take.</param>
/// <param name="time">The clock.</param>
internal sealed class SilenceWatch(Func<CancellationToken, Task> touch, string name, TimeSpan period, TimeProvider time)
{
    /// <summary>Twice that is what the runtime waits for an answer to a call.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(15);

    /// <summary>Waits for an answer as long as the silo shows that it lives.</summary>
    /// <exception cref="VaultException">ClusterUnavailable: it was silent for two periods. The request has ended by then.</exception>
    public async Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var giving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var answer = ask(giving.Token);
        while (!await IsThereSoonAsync(answer))
        {
            if (await AnswersAsync(giving.Token) || answer.IsCompleted)
                continue;
            await giving.CancelAsync();
            await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            if (!answer.IsCompletedSuccessfully)
                throw new VaultException(
                    ErrorCodes.ClusterUnavailable,
                    $"{name} does not answer: nothing came for {2 * period.TotalSeconds:0.#} s, not even to the question whether the session is there."
                );
        }
        return await answer;
    }

    private async Task<bool> IsThereSoonAsync(Task answer)
    {
        if (answer.IsCompleted)
            return true;
        using var ended = new CancellationTokenSource();
        var isThere = await Task.WhenAny(answer, Task.Delay(period, time, ended.Token)) == answer;
        await ended.CancelAsync();
        return isThere;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(period, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await touch(either.Token);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
