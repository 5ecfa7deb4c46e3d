using System.Runtime.Versioning;
using System.Text.Json;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Embedded;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

/// <summary>A store on disk whose recovery points the whole product made; its files are handed to a reader that is no part of it.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class StoredRecoveryPoints : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly EmbeddedSilo _silo;
    private readonly VaultClient _client;
    private readonly NamedVault _vault;

    private StoredRecoveryPoints(ScratchDirectory scratch, EmbeddedSilo silo, VaultClient client, NamedVault vault) =>
        (_scratch, _silo, _client, _vault) = (scratch, silo, client, vault);

    public string this[string relative] => _scratch[relative];

    public static async Task<StoredRecoveryPoints> CreateAsync(bool hasSecondLayer = false)
    {
        var scratch = new ScratchDirectory();
        var options = new EmbeddedStoreOptions
        {
            StorePath = scratch["store"],
            KeysPath = scratch["keys"],
            Command = "test",
            Home = scratch["home"],
            Wait = TimeSpan.Zero,
            Create = true,
        };
        var silo = await EmbeddedSilo.StartAsync(await EmbeddedStore.OpenAsync(options, TimeProvider.System), TimeProvider.System);
        var client = new VaultClient(silo.Client, silo.DataPlane, TimeProvider.System);
        var request = new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = "docs",
            Location = "home",
        };
        var vault = client.Open((await client.Directory.CreateVaultAsync(request)).VaultId);
        if (hasSecondLayer)
            await AssignKeyAsync(silo, vault);
        return new StoredRecoveryPoints(scratch, silo, client, vault);
    }

    private static async Task AssignKeyAsync(EmbeddedSilo silo, NamedVault vault)
    {
        var creation = new KeyVaultCreation
        {
            Name = "kv1",
            Location = "home",
            EnablePurgeProtection = true,
        };
        await silo.KeyVaults.CreateAsync(creation);
        var owner = silo.KeyVaults.Open("kv1.vault.localhost", KeyVaultCaller.Owner);
        var kid = (await owner.CreateKeyAsync("kek", new KeyCreation { Kty = "RSA" })).Key.Kid;
        var identity = await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await silo.KeyVaults.SetPolicyAsync("kv1", identity.PrincipalId ?? "", ["get", "list", "wrapKey", "unwrapKey"]);
        var request = new UpdateEncryption
        {
            OperationId = Guid.NewGuid(),
            KeyUri = kid,
            InfrastructureEncryption = true,
        };
        await vault.Vault.UpdateEncryptionAsync(request);
    }

    /// <summary>Protects a path and backs it up; returns what the reader needs for the recovery point.</summary>
    public async Task<string[]> BackUpAsync(string item, string path, ContentKind kind, BackupOptions options)
    {
        var source = new ItemSource
        {
            Path = path,
            Host = "here",
            Kind = kind,
        };
        await VaultClient.ProtectAsync(_vault, item, source);
        return await BackUpAgainAsync(item, options);
    }

    public async Task<string[]> BackUpAgainAsync(string item, BackupOptions options)
    {
        var key = new ItemKey(_vault.VaultId, await _vault.Vault.FindItemAsync(item));
        var point = (await _client.BackUpAsync(_client.OpenItem(key), options)).Outcome.RecoveryPoint;
        var manifest = Assert.Single(Directory.GetFiles(_scratch[$"store/manifests/{key.ItemId}"], $"{point.Seq:x16}-*"));
        var ring = Assert.Single(Directory.GetFiles(_scratch[$"store/rings/{key.ItemId}"]));
        return
        [
            "--objects",
            _scratch[$"store/packs/{key.ItemId}"],
            "--manifest",
            manifest,
            "--ring",
            ring,
            "--keys",
            await ExportDeksAsync(key),
        ];
    }

    /// <summary>What the tree was when it was backed up, against a directory.</summary>
    public static List<TreeDifference> Compare(string record, string target)
    {
        List<TreeDifference> differences = [];
        new TreeComparison(Environment.IsPrivilegedProcess, differences.Add).Run(new TreeRecordReader(record).Read(), target);
        return differences;
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _scratch.Dispose();
    }

    private LocalKeyVault OpenKeyVault(string host, string principal) => _silo.KeyVaults.Open(host, KeyVaultCaller.Owner);

    /// <summary>The item's data keys, unwrapped as the silo unwraps them, and nothing else.</summary>
    private async Task<string> ExportDeksAsync(ItemKey key)
    {
        var records = new AuthenticatedRecords(_silo.Store.Blobs, _silo.Store.Keyring);
        var wrapping = new KeyWrapping(new KeyVaultConnector(OpenKeyVault, OpenKeyVault), _silo.Store.Keyring);
        var name = Assert.Single(await _silo.Store.Blobs.ListNamesAsync($"{ItemBlobs.Rings(key.ItemId)}/"));
        var ring = await records.FindAsync(name, RecordType.Ring, RecordJson.Default.KeyRing);
        Dictionary<string, string> deks = [];
        foreach (var epoch in ring?.Epochs ?? [])
        {
            using var secret = await wrapping.UnwrapAsync(key, epoch, "");
            deks[$"{epoch.DekEpoch}"] = Convert.ToHexStringLower(secret.Span);
        }
        var current = _silo.Store.Keyring.Current;
        var platformKeys = new Dictionary<string, string> { [$"{current.Id}"] = Convert.ToHexStringLower(current.Secret.Span) };
        var path = _scratch[$"keys-{key.ItemId}.json"];
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { deks, platformKeys }));
        return path;
    }
}
