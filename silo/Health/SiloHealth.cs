using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Health;

/// <summary>
/// What a silo says of itself. Alive: its threads take work and the cluster has not buried it; who is not should be started anew. Ready: it
/// is Active, reads its store and holds the keys that the store demands; who is not should get no calls, and is not helped by a new start.
/// </summary>
/// <param name="status">The silo's own status in the cluster.</param>
/// <param name="isWell">Whether what keeps the silo in the cluster (its membership, its timers) goes on.</param>
/// <param name="store">Read at each question, at most once in <see cref="Freshness"/>.</param>
/// <param name="keyring">The silo's platform keys.</param>
/// <param name="time">The clock.</param>
public sealed class SiloHealth(Func<SiloStatus> status, Func<bool> isWell, IBlobStore store, PlatformKeyring keyring, TimeProvider time)
{
    /// <summary>A store that takes longer is none that a client would wait for; probes give up later.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>However many ask, the store is read so often only.</summary>
    public static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private const string SiloCheck = "silo";

    private readonly Lock _gate = new();
    private Task<(string? Store, string? Keys)>? _look;
    private long _lookedAt;

    public async Task<HealthAnswer> AskAliveAsync()
    {
        var threads = await InTimeAsync(Task.Run(() => (string?)null), ErrorCodes.ClusterUnavailable);
        var isDead = status() == SiloStatus.Dead;
        return HealthAnswer.Of(
            HealthCheck.Of("threads", threads),
            HealthCheck.Of(SiloCheck, isDead ? ErrorCodes.ClusterUnavailable : null)
        );
    }

    public async Task<HealthAnswer> AskReadyAsync()
    {
        var isActive = status() == SiloStatus.Active;
        var (stored, keys) = await Look();
        return HealthAnswer.Of(
            HealthCheck.Of(SiloCheck, isActive ? null : ErrorCodes.ClusterUnavailable),
            HealthCheck.Of("membership", isActive && !isWell() ? ErrorCodes.ClusterUnavailable : null),
            HealthCheck.Of("store", stored),
            HealthCheck.Of("platformKeys", keys)
        );
    }

    private Task<(string? Store, string? Keys)> Look()
    {
        lock (_gate)
        {
            var isFresh = _look is { } last && (!last.IsCompleted || time.GetElapsedTime(_lookedAt) < Freshness);
            if (!isFresh)
                (_look, _lookedAt) = (LookAsync(), time.GetTimestamp());
            return _look!;
        }
    }

    private async Task<(string? Store, string? Keys)> LookAsync()
    {
        string? keys = ErrorCodes.StoreUnavailable;
        var stored = await InTimeAsync(
            Task.Run(async () =>
            {
                try
                {
                    if (await StoreManifest.FindAsync(store) is not { } manifest)
                        return ErrorCodes.NotAStore;
                    keys = manifest.MisfitOf(keyring);
                    return null;
                }
                catch (Exception e)
                {
                    // Whatever it was, the store did not answer.
                    return CodeOf(e);
                }
            }),
            ErrorCodes.StoreUnavailable
        );
        return (stored, stored is null ? keys : stored);
    }

    private static string CodeOf(Exception e) =>
        e is VaultException refusal ? refusal.Code
        : StoreRefusals.Find(e) is { } failure ? StoreRefusals.ToVaultException(failure).Code
        : ErrorCodes.StoreUnavailable;

    private async Task<string?> InTimeAsync(Task<string?> check, string lateCode)
    {
        try
        {
            return await check.WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            return lateCode;
        }
        catch (ObjectDisposedException)
        {
            // The silo has ended while it was asked.
            return ErrorCodes.ClusterUnavailable;
        }
    }
}
