using System.Buffers;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Embedded;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Restores;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Security;

/// <summary>An embedded store on disk that logs everything, and its secrets as only the real keys open them.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class SecretScanStage : IAsyncDisposable
{
    private const string KeyName = "kek";

    private readonly ScratchDirectory _scratch;
    private readonly EmbeddedSilo _silo;
    private readonly LocalKeyVaults _keyVaults;

    private SecretScanStage(ScratchDirectory scratch, EmbeddedSilo silo, CapturedLogs logs)
    {
        (_scratch, _silo, Logs) = (scratch, silo, logs);
        Client = new VaultClient(silo.Client, silo.DataPlane, TimeProvider.System);
        _keyVaults = new LocalKeyVaults(silo.Store.Keys, TimeProvider.System, silo.Store.Manifest.StoreId, RsaKeyPool.Take);
    }

    public CapturedLogs Logs { get; }

    public VaultClient Client { get; }

    public IBlobStore Blobs => _silo.Store.Blobs;

    public static async Task<SecretScanStage> StartAsync()
    {
        var (scratch, logs) = (new ScratchDirectory(), new CapturedLogs());
        var options = new EmbeddedStoreOptions
        {
            StorePath = scratch["store"],
            KeysPath = scratch["keys"],
            Command = "test",
            Home = scratch["home"],
            Wait = TimeSpan.Zero,
            Create = true,
        };
        var store = await EmbeddedStore.OpenAsync(options, TimeProvider.System);
        var silo = await EmbeddedSilo.StartAsync(
            store,
            TimeProvider.System,
            logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace)
        );
        return new SecretScanStage(scratch, silo, logs);
    }

    public async Task<NamedVault> CreateVaultAsync(string name)
    {
        var request = new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Location = "home",
        };
        return Client.Open((await Client.Directory.CreateVaultAsync(request)).VaultId);
    }

    /// <summary>Gives a vault a customer-managed key.</summary>
    public async Task AssignKeyAsync(NamedVault vault)
    {
        var creation = new KeyVaultCreation
        {
            Name = "kv1",
            Location = "home",
            EnablePurgeProtection = true,
        };
        await _keyVaults.CreateAsync(creation);
        var identity = await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await _keyVaults.SetPolicyAsync("kv1", identity.PrincipalId ?? "", ["get", "list", "wrapKey", "unwrapKey"]);
        var version = await NewKeyVersionAsync();
        var request = new UpdateEncryption { OperationId = Guid.NewGuid(), KeyUri = version.Versionless.ToString() };
        await VaultClient.UpdateEncryptionAsync(vault, request);
    }

    public async Task<KeyId> NewKeyVersionAsync()
    {
        var creation = new KeyCreation { Kty = "RSA" };
        return KeyId.Parse((await Owner.CreateKeyAsync(KeyName, creation)).Key.Kid);
    }

    public Task EnableAsync(KeyId key, bool enabled) => Owner.UpdateKeyAsync(key.Name, key.Version, new KeyUpdate { Enabled = enabled });

    public async Task<IProtectedItemGrain> ProtectAsync(NamedVault vault, string name)
    {
        Directory.CreateDirectory(_scratch[name]);
        await File.WriteAllTextAsync(Path.Join(_scratch[name], "letter"), $"Dear {name}");
        var source = new ItemSource
        {
            Path = _scratch[name],
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(vault, name, source);
        return Client.OpenItem(new ItemKey(vault.VaultId, await vault.Vault.FindItemAsync(name)));
    }

    public Task<BackupReport> BackUpAsync(IProtectedItemGrain item) => Client.BackUpAsync(item, new BackupOptions());

    public Task RestoreAsync(IProtectedItemGrain item) =>
        Client.RestoreAsync(item, new RestoreOptions { Target = _scratch[$"restored-{Guid.NewGuid():n}"] });

    /// <summary>What an item's rings hold, opened by the keys that wrapped it.</summary>
    public async Task<Dictionary<string, SecretForms>> OpenSecretsAsync(NamedVault vault, string item) =>
        await RingSecrets.ReadAsync(
            Blobs,
            _silo.Store.Keyring,
            new KeyVaultConnector(
                (host, _) => _keyVaults.Open(host, KeyVaultCaller.Owner),
                (host, _) => throw new InvalidOperationException(host)
            ),
            new ItemKey(vault.VaultId, await vault.Vault.FindItemAsync(item)),
            item
        );

    /// <summary>The platform key and a piece of every private key: these lie in the keys directory, and nowhere else.</summary>
    public async Task<Dictionary<string, SecretForms>> ReadKeysAsync()
    {
        Dictionary<string, SecretForms> keys = new() { ["platform key"] = new(_silo.Store.Keyring.Current.Secret.Span) };
        var blob = await _silo.Store.Keys.GetAsync($"keys/kv1/{KeyName}.json");
        using var record = JsonDocument.Parse(blob?.Content ?? default);
        foreach (var version in record.RootElement.GetProperty("versions").EnumerateArray())
        {
            // The middle is in the private exponent.
            var pkcs8 = version.GetProperty("privateKey").GetBytesFromBase64();
            keys[$"private key {version.GetProperty("version")}"] = new(pkcs8.AsSpan(pkcs8.Length / 2, 32));
        }
        return keys;
    }

    /// <summary>Damages the newest blob below a prefix.</summary>
    public async Task DamageAsync(string prefix)
    {
        var names = new List<string>();
        await foreach (var blob in Blobs.ListAllAsync(prefix))
            names.Add(blob.Name);
        var content = (await Blobs.GetAsync(names[^1]))?.Content.ToArray() ?? [];
        content[^40] ^= 1;
        await Blobs.PutAsync(names[^1], new ReadOnlySequence<byte>(content), PutCondition.Always);
    }

    public IEnumerable<(string Name, byte[] Content)> StoreFiles => Files("store");

    public IEnumerable<(string Name, byte[] Content)> KeyFiles => Files("keys");

    private LocalKeyVault Owner => _keyVaults.Open(LocalKeyVaults.HostOf("kv1"), KeyVaultCaller.Owner);

    private IEnumerable<(string Name, byte[] Content)> Files(string directory) =>
        Directory
            .EnumerateFiles(_scratch[directory], "*", SearchOption.AllDirectories)
            // Only its holder may open the lock; it says who that is.
            .Where(path => Path.GetFileName(path) != "lock")
            .Select(path => (Path.GetRelativePath(_scratch.Path, path), File.ReadAllBytes(path)));

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _scratch.Dispose();
    }
}
