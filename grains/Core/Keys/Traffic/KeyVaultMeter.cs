using System.Diagnostics.Metrics;

namespace RecoveryVault.Keys.Traffic;

/// <summary>What this process asks of key vaults, as metrics: meter <c>RecoveryVault.KeyVault</c>. No key, no identity is named.</summary>
internal static class KeyVaultMeter
{
    public const string Name = "RecoveryVault.KeyVault";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Calls = Meter.CreateCounter<long>(
        "rvault.keyvault.calls",
        "{call}",
        "Key vault calls, by operation and verdict."
    );

    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>(
        "rvault.keyvault.call.duration",
        "s",
        "How long key vault calls took, with all their attempts."
    );

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "rvault.keyvault.requests",
        "{request}",
        "HTTP requests to key vaults, every attempt and challenge."
    );

    private static readonly Counter<long> Unasked = Meter.CreateCounter<long>(
        "rvault.keyvault.withheld",
        "{call}",
        "Calls answered without asking the key vault: it is away, or its budget is used up."
    );

    private static readonly Histogram<double> Waits = Meter.CreateHistogram<double>(
        "rvault.keyvault.wait.duration",
        "s",
        "How long calls waited before they went out."
    );

    public static void Called(string host, string operation, string verdict, TimeSpan duration)
    {
        KeyValuePair<string, object?>[] tags =
        [
            new("server.address", host),
            new("rvault.keyvault.operation", operation),
            new("rvault.keyvault.verdict", verdict),
        ];
        Calls.Add(1, tags);
        Durations.Record(duration.TotalSeconds, tags);
    }

    public static void Requested(string host, int status) =>
        Requests.Add(1, new KeyValuePair<string, object?>("server.address", host), new("http.response.status_code", status));

    /// <param name="host">Whom the call was for.</param>
    /// <param name="reason">outage, budget or queue.</param>
    public static void Withheld(string host, string reason) =>
        Unasked.Add(1, new KeyValuePair<string, object?>("server.address", host), new("rvault.keyvault.reason", reason));

    public static void Waited(string host, TimeSpan wait) =>
        Waits.Record(wait.TotalSeconds, new KeyValuePair<string, object?>("server.address", host));

    public static string NameOf(KeyVaultVerdict verdict) =>
        verdict switch
        {
            KeyVaultVerdict.Unreachable => "unreachable",
            KeyVaultVerdict.Denied => "denied",
            _ => "bad_request",
        };
}
