using System.Threading.Channels;

namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// Where every call of this process to one key vault passes, whichever vault, identity or silo makes it: only few are under way at once,
/// and while the key vault is away hardly any goes out.
/// </summary>
internal sealed class KeyVaultGate(string host, RetryIntervals intervals, TimeProvider time)
{
    /// <summary>A key vault answers in a tenth of a second: eight at once are more than its limit allows in the long run.</summary>
    public const int CallsAtOnce = 8;

    /// <summary>Of these, calls that can wait.</summary>
    public const int YieldingAtOnce = CallsAtOnce / 4;

    /// <summary>Less than a grain call may take.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    /// <summary>One entry for each call under way: its room is what others wait for, in the order of coming.</summary>
    private readonly Channel<bool> _underWay = Channel.CreateBounded<bool>(CallsAtOnce);

    private readonly Channel<bool> _yielding = Channel.CreateBounded<bool>(YieldingAtOnce);

    private readonly Outage _outage = new(host, intervals, time);

    /// <exception cref="KeyVaultException">The call's own, or Unreachable or Throttled without it: it was not made.</exception>
    public async Task<T> PassAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        if (!CallPriority.IsYielding)
            return await PassAsync(call, time.GetTimestamp(), cancellation);
        var started = time.GetTimestamp();
        await EnterAsync(_yielding, cancellation);
        try
        {
            return await PassAsync(call, started, cancellation);
        }
        finally
        {
            _yielding.Reader.TryRead(out _);
        }
    }

    private async Task<T> PassAsync<T>(Func<Task<T>> call, long started, CancellationToken cancellation)
    {
        await EnterAsync(_underWay, cancellation);
        try
        {
            var isProbe = await AskAsync(() => _outage.AdmitAsync(cancellation));
            return await RunAsync(call, isProbe, time.GetElapsedTime(started));
        }
        finally
        {
            _underWay.Reader.TryRead(out _);
        }
    }

    private async Task<T> RunAsync<T>(Func<Task<T>> call, bool isProbe, TimeSpan waited)
    {
        try
        {
            KeyVaultMeter.Waited(host, waited);
            var result = await call();
            _outage.Learn(isProbe, failure: null);
            return result;
        }
        catch (Exception e)
        {
            _outage.Learn(isProbe, e);
            throw;
        }
    }

    private async Task EnterAsync(Channel<bool> queue, CancellationToken cancellation)
    {
        await AskAsync(() =>
        {
            _outage.Require();
            return ValueTask.FromResult(true);
        });
        using var patience = new CancellationTokenSource(LongestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await queue.Writer.WriteAsync(true, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            KeyVaultMeter.Withheld(host, "queue");
            throw Throttled(host, $"too many calls of this process have been under way for {LongestWait.TotalSeconds:0} s");
        }
    }

    private async ValueTask<bool> AskAsync(Func<ValueTask<bool>> admit)
    {
        try
        {
            return await admit();
        }
        catch (KeyVaultException)
        {
            KeyVaultMeter.Withheld(host, "outage");
            throw;
        }
    }

    /// <summary>What we keep from a key vault ourselves is an outage, never its word.</summary>
    public static KeyVaultException Throttled(string host, string why) =>
        new(KeyVaultFault.Throttled, 0, "Throttled", null, $"{host} was not asked: {why}.");
}
