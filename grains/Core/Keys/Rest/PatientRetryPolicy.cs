using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace RecoveryVault.Keys.Rest;

/// <summary>Azure.Core's retries, but a long Retry-After is told to the caller instead of being slept through.</summary>
internal sealed class PatientRetryPolicy(RestOptions options)
    : RetryPolicy(
        options.MaxRetries,
        DelayStrategy.CreateExponentialDelayStrategy(options.RetryDelay, TimeSpan.FromTicks(options.RetryDelay.Ticks * 8))
    )
{
    protected override ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        WaitsTooLong(message) ? ValueTask.FromResult(false) : base.ShouldRetryAsync(message, exception);

    private bool WaitsTooLong(HttpMessage message) =>
        message.HasResponse
        && message.Response.Headers.TryGetValue("Retry-After", out var value)
        && !(
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= options.MaxRetryAfter.TotalSeconds
        );
}
