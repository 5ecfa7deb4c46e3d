using RecoveryVault.Activity;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys.Local;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A vault of a cluster with a key vault beside it, both of fresh names.</summary>
internal sealed class VaultStage
{
    private static int _count;

    private VaultStage(VaultCluster cluster, string name, string keyVault) => (Cluster, Name, KeyVault) = (cluster, name, keyVault);

    public VaultCluster Cluster { get; }

    public string Name { get; }

    public string KeyVault { get; }

    public NamedVault Vault { get; private set; } = null!;

    public string KeyUri => $"https://{KeyVault}.vault.localhost/keys/kek";

    public LocalKeyVault KeyOwner => Cluster.KeyVaults.Open($"{KeyVault}.vault.localhost", KeyVaultCaller.Owner);

    /// <summary>A name nobody has used.</summary>
    public static string NewName(string prefix) => $"{prefix}-{Interlocked.Increment(ref _count)}";

    /// <param name="isReady">With identity, key vault, key and permissions: everything a customer-managed key needs.</param>
    public static async Task<VaultStage> CreateAsync(VaultCluster cluster, bool isReady = true, string location = "westeurope")
    {
        var stage = new VaultStage(cluster, NewName("vault"), NewName("kv"));
        var created = await cluster.Client.Directory.CreateVaultAsync(Request(stage.Name, location));
        stage.Vault = cluster.Client.Open(created.VaultId);
        if (isReady)
        {
            await stage.AssignIdentityAsync();
            await stage.CreateKeyVaultAsync();
            await stage.AllowAsync("get", "list", "wrapKey", "unwrapKey");
        }
        return stage;
    }

    public static CreateVault Request(string name, string location = "westeurope") =>
        new()
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Location = location,
        };

    public async Task CreateKeyVaultAsync(
        bool softDelete = true,
        bool purgeProtection = true,
        string location = "West Europe",
        string kty = "RSA"
    )
    {
        await Cluster.KeyVaults.CreateAsync(
            new()
            {
                Name = KeyVault,
                Location = location,
                EnableSoftDelete = softDelete,
                EnablePurgeProtection = purgeProtection,
            }
        );
        await KeyOwner.CreateKeyAsync("kek", new() { Kty = kty });
    }

    public async Task<string> AssignIdentityAsync() =>
        (await Vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()))).PrincipalId
        ?? throw new InvalidOperationException("No principal.");

    public async Task AllowAsync(params string[] permissions)
    {
        var principal = (await Vault.Vault.GetAsync()).Identity.PrincipalId ?? throw new InvalidOperationException("No identity.");
        await Cluster.KeyVaults.SetPolicyAsync(KeyVault, principal, permissions);
    }

    public UpdateEncryption Update(string? uri = null) => new() { OperationId = Guid.NewGuid(), KeyUri = uri ?? KeyUri };

    public Task<EncryptionSummary> AssignKeyAsync(string? uri = null) => Vault.Vault.UpdateEncryptionAsync(Update(uri));

    public async Task<string?> CodeOfAssignAsync(string? uri = null) => await CodeOfAsync(() => AssignKeyAsync(uri));

    public static ItemSource Source { get; } =
        new()
        {
            Path = "/data",
            Host = "here",
            Kind = ContentKind.Tree,
        };

    public async Task<ItemId> ProtectAsync(string itemName)
    {
        var ticket = await Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), itemName));
        await Vault.Vault.CompleteProtectionAsync(new CompleteProtection(ticket, itemName, Source));
        return ticket.ItemId;
    }

    public async Task<List<JobSummary>> JobsAsync(JobStatus? status = null, string? operation = null)
    {
        List<JobSummary> jobs = [];
        await foreach (var job in VaultClient.AllAsync(page => Vault.Jobs.ListAsync(new JobQuery(status, operation, page))))
            jobs.Add(job);
        return jobs;
    }

    public async Task<List<ActivityEntry>> LogAsync()
    {
        List<ActivityEntry> entries = [];
        await foreach (var entry in VaultClient.AllAsync(Vault.Activity.ListAsync))
            entries.Add(entry);
        return entries;
    }

    /// <summary>The code of the refusal, or null when there was none.</summary>
    public static async Task<string?> CodeOfAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }
}
