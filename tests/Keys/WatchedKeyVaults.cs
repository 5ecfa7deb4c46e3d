using System.Collections.Concurrent;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Tests.Keys;

/// <summary>Key vaults that count their calls and, host by host, fail as told.</summary>
public sealed class WatchedKeyVaults(Func<string, string, IKeyVault> open)
{
    private readonly ConcurrentDictionary<string, KeyVaultFault> _faults = new();
    private readonly ConcurrentQueue<(string Host, string Call)> _calls = new();
    private readonly ConcurrentQueue<(string Host, string Call)> _yielding = new();

    public IKeyVault Open(string host, string principal) => new Watched(this, host, open(host, principal));

    /// <summary>Every call to that host fails from now on.</summary>
    public void Fail(string host, KeyVaultFault fault) => _faults[host] = fault;

    /// <summary>No call to that host fails any more.</summary>
    public void Heal(string host) => _faults.TryRemove(host, out _);

    /// <summary>How often something was asked of a host so far.</summary>
    public int Count(string host, string call) => _calls.Count(c => c == (host, call));

    /// <summary>How much of it can wait for jobs.</summary>
    public int CountYielding(string host, string call) => _yielding.Count(c => c == (host, call));

    private void Enter(string host, string call)
    {
        _calls.Enqueue((host, call));
        if (CallPriority.IsYielding)
            _yielding.Enqueue((host, call));
        if (_faults.TryGetValue(host, out var fault))
            throw new KeyVaultException(fault, 503, fault.ToString(), null, $"{host} fails ({fault}, made by a test).");
    }

    private sealed class Watched(WatchedKeyVaults owner, string host, IKeyVault inner) : IKeyVault
    {
        public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default)
        {
            owner.Enter(host, "get");
            return inner.GetKeyAsync(name, version, cancellation);
        }

        public Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default)
        {
            owner.Enter(host, "list");
            return inner.ListVersionsAsync(name, cancellation);
        }

        public Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default)
        {
            owner.Enter(host, "wrap");
            return inner.WrapKeyAsync(key, keyMaterial, cancellation);
        }

        public Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default)
        {
            owner.Enter(host, "unwrap");
            return inner.UnwrapKeyAsync(key, encryptedKey, cancellation);
        }
    }
}
