using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// Takes every request, retries and challenges too, from the key vault's budget before it goes out, and heeds its 429. Requests without an
/// answer count as well: they may have arrived.
/// </summary>
internal sealed class BudgetPolicy(CallBudget budget, string host, TimeSpan patience, TimeProvider time) : HttpPipelinePolicy
{
    private const string WeightProperty = "RecoveryVault.Keys.Rest.Weight";

    public static void SetWeight(HttpMessage message, int units) => message.SetProperty(WeightProperty, units);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var units = message.TryGetProperty(WeightProperty, out var weight) && weight is int known ? known : CallWeights.Usual;
        if (await budget.TakeAsync(units, patience, message.CancellationToken) is null)
        {
            KeyVaultMeter.Withheld(host, "budget");
            throw KeyVaultGate.Throttled(
                host,
                $"its budget of calls is used up for the next {patience.TotalSeconds:0} s, or it asked to wait"
            );
        }
        await SendAsync(message, pipeline);
        if (message.Response.Status == 429)
            budget.Halt(RetryAfterOf(message.Response));
        else
            budget.Answered();
    }

    private async ValueTask SendAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var status = 0;
        try
        {
            await ProcessNextAsync(message, pipeline);
            status = message.Response.Status;
        }
        finally
        {
            KeyVaultMeter.Requested(host, status);
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Key vaults are asked asynchronously.");

    private TimeSpan? RetryAfterOf(Azure.Response answer)
    {
        if (!answer.Headers.TryGetValue("Retry-After", out var value))
            return null;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds(Math.Min(seconds, 3600));
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? TimeSpan.FromSeconds(Math.Clamp((at - time.GetUtcNow()).TotalSeconds, 0, 3600))
            : null;
    }
}
