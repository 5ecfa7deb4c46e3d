using System.Runtime.Versioning;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Chaos;

/// <summary>Vaults with one customer-managed key, which is rotated while their items are backed up.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosVaults(ChaosPlace place, VaultClient client)
{
    private const string Key = "backups";
    private static readonly string[] Permissions = ["get", "list", "wrapKey", "unwrapKey"];
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public List<VaultId> Ids { get; } = [];

    public List<ChaosItem> Items { get; } = [];

    /// <summary>Rotations that were ended by disabling the version before.</summary>
    public int Rotations { get; private set; }

    public async Task CreateAsync(int vaults, int items)
    {
        (
            await place.KeyVaultAsync("create", "--name", ChaosPlace.KeyVault, "--location", "home", "--enable-purge-protection", "true")
        ).Exits(0);
        (
            await place.KeyVaultAsync("key", "create", "--vault-name", ChaosPlace.KeyVault, "--name", Key, "--kty", "RSA", "--size", "2048")
        ).Exits(0);
        for (var i = 0; i < vaults; i++)
            Ids.Add(await CreateVaultAsync($"vault-{i}"));
        for (var i = 0; i < items; i++)
            Items.Add(await ProtectAsync(Ids[i % vaults], $"item-{i}"));
    }

    /// <summary>A new version, every item re-wrapped, and the version before disabled as soon as it is said to be safe.</summary>
    public async Task RotateAsync()
    {
        var before = (await client.Open(Ids[0]).Vault.GetEncryptionAsync()).KeyVersion;
        (await place.KeyVaultAsync("key", "rotate", "--vault-name", ChaosPlace.KeyVault, "--name", Key)).Exits(0);
        foreach (var id in Ids)
            await AwaitAsync(async () => (await client.Open(id).Rotation.SyncAsync()).Done);
        foreach (var id in Ids)
            await AwaitAsync(async () =>
                (await client.Open(id).Vault.ListKeyVersionsAsync()).Single(v => v.KeyVersion == before).SafeToDisable
            );
        (
            await place.KeyVaultAsync([
                "key",
                "set-attributes",
                "--vault-name",
                ChaosPlace.KeyVault,
                "--name",
                Key,
                "--version",
                before ?? "",
                "--enabled",
                "false",
            ])
        ).Exits(0);
        Rotations++;
    }

    private async Task<VaultId> CreateVaultAsync(string name)
    {
        var request = new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Location = "home",
        };
        await client.Directory.CreateVaultAsync(request);
        var vault = await client.FindVaultAsync(name);
        var identity = await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        string[] policy = ["set-policy", "--name", ChaosPlace.KeyVault, "--object-id", identity.PrincipalId ?? "", "--key-permissions"];
        (await place.KeyVaultAsync([.. policy, .. Permissions])).Exits(0);
        var uri = $"https://{ChaosPlace.KeyVault}.vault.localhost/keys/{Key}";
        await vault.Vault.UpdateEncryptionAsync(new UpdateEncryption { OperationId = Guid.NewGuid(), KeyUri = uri });
        return vault.VaultId;
    }

    private async Task<ChaosItem> ProtectAsync(VaultId vault, string name)
    {
        var path = place[name];
        Directory.CreateDirectory(path);
        var source = new ItemSource
        {
            Path = path,
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(client.Open(vault), name, source);
        var id = await client.Open(vault).Vault.FindItemAsync(name);
        return new ChaosItem(client, name, new ItemKey(vault, id), path);
    }

    /// <summary>Silos die under these calls, too: each may be made again.</summary>
    private static async Task AwaitAsync(Func<Task<bool>> done)
    {
        for (var start = TimeProvider.System.GetTimestamp(); ; )
        {
            VaultException? last = null;
            try
            {
                if (await done())
                    return;
            }
            catch (VaultException e)
                when (e.Code is ErrorCodes.ClusterUnavailable or ErrorCodes.KeyVaultUnreachable or ErrorCodes.StoreUnavailable)
            {
                last = e;
            }
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"The rotation does not end: {last?.Message}");
            await Task.Delay(LookPeriod, TimeProvider.System);
        }
    }
}
