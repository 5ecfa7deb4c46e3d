using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Tampering;

/// <summary>
/// A silo on a store in memory that holds, once made and put back as often as wanted: a vault with a customer's key, rotated once, and
/// infrastructure encryption, with two items, and a vault with a platform key and one item; each item with recovery points of a changing
/// tree, made by the client.
/// </summary>
public sealed class TamperStage : IAsyncLifetime, IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly InProcessDataPlane _dataPlane = new();
    private readonly List<StoredPoint> _points = [];
    private readonly List<VaultId> _vaults = [];
    private InProcessTestCluster? _cluster;
    private PlatformKeyring? _keyring;
    private LocalKeyVaults _keyVaults = null!;
    private VaultClient _client = null!;
    private PlatformKeyring? _attackers;

    internal RewindableStore Store { get; private set; } = null!;

    internal StoreExaminer Examiner { get; private set; } = null!;

    internal Tamperer Tamperer { get; private set; } = null!;

    internal IReadOnlyList<StoredPoint> Points => _points;

    public async Task InitializeAsync()
    {
        Store = new RewindableStore(_time);
        await StartAsync();
        await FillAsync();
        Examiner = new StoreExaminer(_cluster ?? throw new InvalidOperationException(), _client, _dataPlane, Store, _vaults, _points);
        await MarkDamagedAsync();
        await Store.FreezeAsync();
        await MakeAttackerAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _keyring?.Dispose();
        _attackers?.Dispose();
    }

    public void Dispose() => _scratch.Dispose();

    private async Task StartAsync()
    {
        var keys = new MemoryBlobStore();
        _keyVaults = new LocalKeyVaults(keys, _time, "11111111-1111-1111-1111-111111111111", RsaKeyPool.Take);
        _keyring = await PlatformKeyring.CreateAsync(keys, "22222222-2222-2222-2222-222222222222", _time);
        var connector = new KeyVaultConnector(
            (host, principal) => _keyVaults.Open(host, KeyVaultCaller.Principal(principal, isTrustedService: true)),
            NoOther
        );
        var parts = new SiloParts(Store, _keyring, connector, _dataPlane, new VerifiedClient("tester@here", VaultRole.BackupContributor));
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.Services.AddSingleton<TimeProvider>(_time);
                silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
                silo.UseInMemoryReminderService();
                silo.AddRecoveryVault(parts);
                silo.Services.AddSingleton(new OpenContract("ITestHooks"));
            }
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        _client = new VaultClient(_cluster.Client, _dataPlane, _time);
    }

    private static IKeyVault NoOther(string host, string principal) => throw new InvalidOperationException(host);

    private async Task FillAsync()
    {
        var customers = await CreateVaultAsync("customers");
        await AssignKeyAsync(customers);
        var platform = await CreateVaultAsync("platform");
        await ProtectAsync(customers, "customers", "first", points: 2);
        await ProtectAsync(customers, "customers", "second", points: 1);
        await ProtectAsync(platform, "platform", "third", points: 2);
        await Owner.CreateKeyAsync("kek", new KeyCreation { Kty = "RSA" });
        await VaultClient.SyncAsync(customers);
        await BackUpAsync("customers", "first", 3);
        await BackUpAsync("customers", "second", 2);
        // Deleted and had back: tombstones are there, and everything can be restored.
        var item = await _client.FindItemAsync("customers", "first");
        await item.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), _points[0].Name));
        await item.UndeleteRecoveryPointAsync(new UndeleteRecoveryPoint(Guid.NewGuid(), _points[0].Name));
    }

    private async Task<NamedVault> CreateVaultAsync(string name)
    {
        var request = new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Location = "home",
        };
        var vault = _client.Open((await _client.Directory.CreateVaultAsync(request)).VaultId);
        _vaults.Add(vault.VaultId);
        return vault;
    }

    private LocalKeyVault Owner => _keyVaults.Open("kv1.vault.localhost", KeyVaultCaller.Owner);

    private async Task AssignKeyAsync(NamedVault vault)
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
        var key = KeyId.Parse((await Owner.CreateKeyAsync("kek", new KeyCreation { Kty = "RSA" })).Key.Kid);
        var request = new UpdateEncryption
        {
            OperationId = Guid.NewGuid(),
            KeyUri = key.Versionless.ToString(),
            InfrastructureEncryption = true,
        };
        await VaultClient.UpdateEncryptionAsync(vault, request);
    }

    private async Task ProtectAsync(NamedVault vault, string vaultName, string item, int points)
    {
        Directory.CreateDirectory(_scratch[$"{item}/dir"]);
        File.CreateSymbolicLink(_scratch[$"{item}/link"], "dir/text");
        var source = new ItemSource
        {
            Path = _scratch[item],
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(vault, item, source);
        for (var round = 1; round <= points; round++)
            await BackUpAsync(vaultName, item, round);
    }

    /// <summary>Each round changes some files, leaves others, adds one and takes one away.</summary>
    private async Task BackUpAsync(string vaultName, string item, int round)
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        var seed = item[0] * 100;
        for (var i = 0; i < 6; i++)
        {
            if (round == 1 || i == round)
                await File.WriteAllBytesAsync(_scratch[$"{item}/dir/f{i}"], ItemStage.Noise(seed + (10 * round) + i, 700 + (i * 600)));
        }
        await File.WriteAllTextAsync(_scratch[$"{item}/dir/text"], $"{item} in round {round}");
        await File.WriteAllBytesAsync(_scratch[$"{item}/new{round}"], new byte[round * 30_000]);
        File.Delete(_scratch[$"{item}/new{round - 2}"]);
        var vault = await _client.FindVaultAsync(vaultName);
        var key = new ItemKey(vault.VaultId, await vault.Vault.FindItemAsync(item));
        var point = (await _client.BackUpAsync(_client.OpenItem(key), new BackupOptions { Rescan = true })).Outcome.RecoveryPoint;
        var manifest = (await Store.ListNamesAsync($"{ItemBlobs.Manifests(key.ItemId)}{AuthenticatedRecords.Sequence(point.Seq)}-"))[0];
        var stored = new StoredPoint(vaultName, item, key, point.Name, manifest, await ReadAsync(vaultName, item, point.Name));
        RequireSourcesContent(stored);
        _points.Add(stored);
    }

    private async Task<IReadOnlyDictionary<string, string>> ReadAsync(string vault, string item, string point)
    {
        var reading = await StoreExaminer.RestoreAsync(await _client.FindItemAsync(vault, item), point, _dataPlane);
        Assert.Empty(reading.Codes);
        return reading.Entries;
    }

    /// <summary>What is expected from now on is what was on disk, not what a first restore happened to say.</summary>
    private void RequireSourcesContent(StoredPoint point)
    {
        var files = Directory
            .GetFiles(_scratch[point.Item], "*", SearchOption.AllDirectories)
            .Where(f => !Path.GetFileName(f).Equals("link"));
        foreach (var file in files)
        {
            var path = Path.GetRelativePath(_scratch[point.Item], file);
            Assert.EndsWith(StoreExaminer.DigestOf(File.ReadAllBytes(file)), point.Entries[path], StringComparison.Ordinal);
        }
    }

    /// <summary>A mark as a restore leaves it behind that met a bad sector; the pack reads well again.</summary>
    private async Task MarkDamagedAsync()
    {
        var pack = (await Store.ListNamesAsync("packs/"))[0];
        await Store.PutAsync(pack.Replace("packs/", "damaged/", StringComparison.Ordinal), default, PutCondition.Always);
    }

    private async Task MakeAttackerAsync()
    {
        _attackers = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "33333333-3333-3333-3333-333333333333", _time);
        // Wrapping is what anybody can do with a public key; that this one goes through the owner's access only saves code.
        var wrapping = new KeyWrapping(
            new KeyVaultConnector((host, _) => _keyVaults.Open(host, KeyVaultCaller.Owner), NoOther),
            _attackers
        );
        var rings = new KeyRings(Store, new AuthenticatedRecords(Store, _attackers), wrapping, new DekCache(_time));
        var current = (await Owner.ListVersionsAsync("kek"))[^1];
        Tamperer = new Tamperer(
            Store,
            _attackers.Current,
            rings,
            key => key.VaultId == _vaults[0] ? new KeyEncryptionKey(current.Id.ToString(), "", "") : null
        );
    }
}
