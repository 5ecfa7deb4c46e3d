using System.Text.Json;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rotation;

/// <summary>
/// Asks after every write, from storage alone, whether the old version is safe to disable, and takes the first yes at its word: the
/// version is disabled that very moment, while whoever wrote is still at it.
/// </summary>
internal sealed class HastyCustomer(VaultCluster cluster, RotationStage stage, KeyId old) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>How often it asked.</summary>
    public int Looks { get; private set; }

    public bool HasDisabled { get; private set; }

    public async Task LookAsync()
    {
        await _one.WaitAsync();
        try
        {
            if (HasDisabled || await FindNeedAsync() is not { SafeToDisable: true })
                return;
            HasDisabled = true;
            await stage.EnableAsync(old, false);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>What the vault's own answer is computed from.</summary>
    private async Task<KeyNeed?> FindNeedAsync()
    {
        Looks++;
        var blob = await cluster.Beneath.GetAsync($"{GrainRecords.AllVaultBlobs}{stage.Vault.VaultId}.json");
        if (blob is null || JsonSerializer.Deserialize(blob.Content.Span, RecordJson.Default.VaultRecord) is not { } vault)
            return null;
        var uses = await cluster.Census.TakeAsync(stage.Vault.VaultId, vault.Roster);
        return KeyNeeds.Of(vault.Settings.Encryption, uses).FirstOrDefault(need => need.KeyId == old.ToString());
    }
}
