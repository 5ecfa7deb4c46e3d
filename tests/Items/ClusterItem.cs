using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Items;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Items;

/// <summary>One protected item of a fresh vault in the shared cluster, with a source directory of its own.</summary>
internal sealed class ClusterItem : IDisposable
{
    private readonly VaultCluster _cluster;
    private readonly ScratchDirectory _scratch = new();

    private ClusterItem(VaultCluster cluster, NamedVault vault) => (_cluster, Vault) = (cluster, vault);

    public NamedVault Vault { get; }

    public ItemKey Key { get; private set; }

    public IProtectedItemGrain Grain => _cluster.Client.OpenItem(Key);

    public string Source => _scratch["source"];

    public static async Task<ClusterItem> CreateAsync(VaultCluster cluster, string name = "item")
    {
        var vaultName = $"v{Guid.NewGuid():N}"[..20];
        await cluster.Client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = vaultName,
                Location = "westeurope",
            }
        );
        var item = new ClusterItem(cluster, await cluster.Client.FindVaultAsync(vaultName));
        await item.ProtectAsync(name);
        return item;
    }

    /// <summary>Another item of the same vault would share its source, which is none of the tests' business.</summary>
    private async Task ProtectAsync(string name)
    {
        Directory.CreateDirectory(Source);
        var source = new ItemSource
        {
            Path = Source,
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(Vault, name, source);
        Key = new ItemKey(Vault.VaultId, await Vault.Vault.FindItemAsync(name));
    }

    public Task<RecoveryPointSummary> DeleteAsync(string recoveryPoint, string reason = "") =>
        Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), recoveryPoint, reason));

    public Task<RecoveryPointSummary> UndeleteAsync(string recoveryPoint) =>
        Grain.UndeleteRecoveryPointAsync(new UndeleteRecoveryPoint(Guid.NewGuid(), recoveryPoint));

    public IPurgeProbe Purging => _cluster.Cluster.Client.GetGrain<IPurgeProbe>(Key.ToString());

    /// <summary>Purges under a writer slot, which a backup session lends.</summary>
    public async Task<PurgeOutcome> PurgeAsync()
    {
        var session = (await Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).Session!;
        try
        {
            return await Purging.PurgeDueAsync(session.SessionId);
        }
        finally
        {
            await Grain.AbandonBackupAsync(new AbandonBackup(session.SessionId, null));
        }
    }

    /// <summary>After a crash of the store: nothing of the item or its vault is remembered, and the store works again.</summary>
    public async Task RestartAsync()
    {
        await _cluster.RestartAsync(Vault.VaultId);
        await _cluster.DeactivateAsync(Orleans.Runtime.GrainId.Create("item", Key.ToString()));
    }

    public async Task<List<RecoveryVault.Activity.ActivityEntry>> LogAsync(string operation)
    {
        List<RecoveryVault.Activity.ActivityEntry> entries = [];
        await foreach (var entry in VaultClient.AllAsync(Vault.Activity.ListAsync))
            if (entry.Operation == operation)
                entries.Add(entry);
        return entries;
    }

    public void WriteBytes(string file, byte[] content) => File.WriteAllBytes(Path.Join(Source, file), content);

    public void Write(string file, string content) => File.WriteAllText(Path.Join(Source, file), content);

    public async Task<RecoveryPointSummary> BackUpAsync() =>
        (await _cluster.Client.BackUpAsync(Grain, new BackupOptions())).Outcome.RecoveryPoint;

    /// <summary>The files of a recovery point as they are restored.</summary>
    public async Task<Dictionary<string, string>> RestoreAsync(string recoveryPoint) =>
        (await RestoreBytesAsync(recoveryPoint)).ToDictionary(f => f.Key, f => System.Text.Encoding.UTF8.GetString(f.Value));

    public async Task<Dictionary<string, byte[]>> RestoreBytesAsync(string recoveryPoint)
    {
        var target = _scratch[$"restored-{Guid.NewGuid():N}"];
        await _cluster.Client.RestoreAsync(Grain, new RestoreOptions { Target = target, RecoveryPoint = recoveryPoint });
        var files = Directory.GetFiles(target).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);
        Directory.Delete(target, recursive: true);
        return files;
    }

    public async Task<List<RecoveryPointSummary>> ListAsync()
    {
        List<RecoveryPointSummary> points = [];
        await foreach (var point in VaultClient.AllAsync(Grain.ListRecoveryPointsAsync))
            points.Add(point);
        return points;
    }

    public void Dispose() => _scratch.Dispose();
}
