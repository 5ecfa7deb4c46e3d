using System.Security.Cryptography.X509Certificates;

namespace RecoveryVault.Keys.Rest;

/// <summary>How key vaults are reached over REST. The defaults are for Azure; the overrides are for development.</summary>
public sealed record RestOptions
{
    /// <summary>The api-version of every request. Nothing used here changed since 7.3.</summary>
    public string ApiVersion { get; init; } = "7.6";

    /// <summary>
    /// Where to connect instead of to the key URI's host: https, host and port. Host header, TLS name and key ids stay those of the URI.
    /// </summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Trusted instead of the machine's roots; null: the machine's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>How long one attempt may take to connect and to begin its answer.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a call may take with all its attempts: a backup waits for it.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts after the first, on 408, 429, 5xx and lost connections.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Before the first retry, doubled each time, with jitter. Retry-After is obeyed up to <see cref="MaxRetryAfter"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Asked to wait longer than this, a call fails as throttled at once instead of holding up its caller.</summary>
    public TimeSpan MaxRetryAfter { get; init; } = TimeSpan.FromSeconds(10);
}
