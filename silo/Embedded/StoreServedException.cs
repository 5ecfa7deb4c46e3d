using RecoveryVault.Storage;

namespace RecoveryVault.Embedded;

/// <summary>Another process holds the store and serves it to others.</summary>
public sealed class StoreServedException(StoreLockHolder holder) : Exception($"The store is served by {holder}.")
{
    public StoreLockHolder Holder { get; } = holder;
}
