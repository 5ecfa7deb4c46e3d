using System.Collections.Concurrent;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Tests.Keys;

/// <summary>Key vaults that count their calls and, host by host, fail as told.</summary>
public sealed class WatchedKeyVaults(Func<string, string, IKeyVault> open)
{
    private readonly ConcurrentDictionary<string, Func<KeyVaultException?>> _faults = new();
    private readonly ConcurrentDictionary<string, (KeyVaultGate Gate, TimeProvider Time)> _gates = new();
    private readonly ConcurrentDictionary<string, (int Nth, Func<Func<Task>, Task> Act)> _hits = new();
    private readonly ConcurrentQueue<(string Host, string Call)> _calls = new();
    private readonly ConcurrentQueue<(string Host, string Call)> _yielding = new();

    private readonly ConcurrentQueue<ReadOnlyMemory<byte>> _unwrapped = new();

    /// <summary>Where data keys lie that were given out unwrapped: zeros as soon as nobody may use them any more.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Unwrapped => _unwrapped;

    public IKeyVault Open(string host, string principal)
    {
        var watched = new Watched(this, host, open(host, principal));
        return _gates.TryGetValue(host, out var gate)
            ? new GatedKeyVault(new CountedKeyVault(watched, host, gate.Time), gate.Gate)
            : watched;
    }

    /// <summary>From now on calls to that host pass the gate before Azure's key vaults; what it keeps back is not counted.</summary>
    public void Gate(string host, TimeProvider time)
    {
        var options = new RestOptions();
        _gates[host] = (new KeyVaultGate(host, new RetryIntervals(options.FirstOutagePause, options.LongestOutagePause), time), time);
    }

    /// <summary>Every call to that host fails from now on.</summary>
    public void Fail(string host, KeyVaultFault fault) => Fail(host, () => Failure(fault, host));

    /// <summary>The same, as told for each call; null: that one does not fail.</summary>
    public void Fail(string host, Func<KeyVaultException?> fault) => _faults[host] = fault;

    /// <summary>
    /// Lets the <paramref name="nth"/> call to that host from now on (0 is the next) go as told: what is given makes the call, or does not.
    /// </summary>
    public void Hit(string host, int nth, Func<Func<Task>, Task> act) => _hits[host] = (Count(host) + nth, act);

    /// <summary>How many calls to a host there were so far.</summary>
    public int Count(string host) => _calls.Count(c => c.Host == host);

    /// <summary>How often something was asked of a host so far.</summary>
    public int Count(string host, string call) => _calls.Count(c => c == (host, call));

    /// <summary>How much of it can wait for jobs.</summary>
    public int CountYielding(string host, string call) => _yielding.Count(c => c == (host, call));

    /// <summary>No call to that host fails any more.</summary>
    public void Heal(string host)
    {
        _faults.TryRemove(host, out _);
        _hits.TryRemove(host, out _);
    }

    private async Task<T> RunAsync<T>(string host, string name, Func<Task<T>> call)
    {
        (int Nth, Func<Func<Task>, Task> Act) hit;
        bool isHit;
        lock (_calls)
        {
            isHit = _hits.TryGetValue(host, out hit) && hit.Nth == Count(host);
            _calls.Enqueue((host, name));
        }
        if (CallPriority.IsYielding)
            _yielding.Enqueue((host, name));
        if (_faults.TryGetValue(host, out var fault) && fault() is { } failure)
            throw failure;
        if (!isHit)
            return await call();
        Task<T>? made = null;
        await hit.Act(() => made = call());
        return await (made ?? throw new InvalidOperationException("A hit makes the call or throws."));
    }

    public static KeyVaultException Failure(KeyVaultFault fault, string host) =>
        new(fault, 503, fault.ToString(), null, $"{host} fails ({fault}, made by a test).");

    private sealed class Watched(WatchedKeyVaults owner, string host, IKeyVault inner) : IKeyVault
    {
        public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default) =>
            owner.RunAsync(host, "get", () => inner.GetKeyAsync(name, version, cancellation));

        public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default) =>
            owner.RunAsync(host, "list", () => inner.ListVersionsAsync(name, cancellation));

        public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default) =>
            owner.RunAsync(host, "wrap", () => inner.WrapKeyAsync(key, keyMaterial, cancellation));

        public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
            owner.RunAsync(
                host,
                "unwrap",
                async () =>
                {
                    var secret = await inner.UnwrapKeyAsync(key, encryptedKey, cancellation);
                    owner._unwrapped.Enqueue(secret.Memory);
                    return secret;
                }
            );
    }
}
