using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

/// <summary>What an item asks of its vault about retention.</summary>
[GrainsOnly, Alias("rv.IVaultPolicies")]
public interface IVaultPolicies : IGrainWithStringKey
{
    /// <summary>A policy by name; null when there is none. Interleaves: an item may ask while the vault waits for it.</summary>
    [AlwaysInterleave, Alias("FindPolicy")]
    Task<RetentionPolicy?> FindPolicyAsync(string name);

    /// <summary>For how long deletions can be taken back. Interleaves for the same reason.</summary>
    [AlwaysInterleave, Alias("GetSoftDelete")]
    Task<SoftDeletePeriod> GetSoftDeleteAsync();
}
