using System.Security.Cryptography.X509Certificates;
using RecoveryVault.Keys.Traffic;

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

    /// <summary>
    /// What this process may ask of one key vault in ten seconds, in units of <see cref="CallWeights"/>: by default a quarter of the
    /// documented limit, for other silos and the key vault's other users ask too.
    /// </summary>
    public int UnitsPerTenSeconds { get; init; } = CallWeights.Limit / 4;

    /// <summary>After a 429 without Retry-After, doubled up to sixteenfold: 1, 2, 4, 8, 16 s is what Key Vault recommends.</summary>
    public TimeSpan ThrottledPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a key vault that is away is first left alone; doubled each time.</summary>
    public TimeSpan FirstOutagePause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest it is left alone, ±20 %.</summary>
    public TimeSpan LongestOutagePause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections' credentials and tokens that nobody has used for so long are forgotten.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>At most so many principals at key vaults are kept; the one longest unused is forgotten.</summary>
    public int MostPrincipals { get; init; } = 4096;
}
