using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Records;
using RecoveryVault.Restores;
using RecoveryVault.Rotation;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rotation;

/// <summary>A vault of its own in the shared cluster, with a customer-managed key in a key vault of its own, and items to rotate.</summary>
internal sealed class RotationStage : IDisposable
{
    private const string KeyName = "kek";

    private readonly VaultCluster _cluster;
    private readonly ScratchDirectory _scratch = new();
    private readonly string _name = $"v{Guid.NewGuid():n}"[..20];
    private readonly Dictionary<string, byte[]> _contents = [];

    private RotationStage(VaultCluster cluster) => _cluster = cluster;

    public NamedVault Vault { get; private set; } = null!;

    public string Host => LocalKeyVaults.HostOf(_name);

    public LocalKeyVault KeyVault => _cluster.KeyVaults.Open(Host, KeyVaultCaller.Owner);

    /// <summary>What opens the key: the system-assigned identity, or a user-assigned one.</summary>
    public UserAssignedIdentity? Identity { get; private set; }

    public static async Task<RotationStage> CreateAsync(VaultCluster cluster, bool pinned = false, bool userAssigned = false)
    {
        var stage = new RotationStage(cluster);
        await cluster.KeyVaults.CreateAsync(
            new()
            {
                Name = stage._name,
                Location = "westeurope",
                EnablePurgeProtection = true,
            }
        );
        var created = await cluster.Client.Directory.CreateVaultAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = stage._name,
                Location = "westeurope",
            }
        );
        stage.Vault = cluster.Client.Open(created.VaultId);
        if (userAssigned)
            stage.Identity = await cluster.Identities.CreateAsync(stage._name);
        await stage.AssignIdentityAsync();
        await stage.AllowAsync(KeyedItem.AllPermissions);
        await stage.AssignAsync(await stage.NewVersionAsync(), pinned, stage.Identity?.Id);
        return stage;
    }

    /// <summary>Gives the vault its identity; a user-assigned one that was made again takes the place of the one it was.</summary>
    public Task<VaultIdentity> AssignIdentityAsync() =>
        Vault.Vault.AssignIdentityAsync(
            new(Guid.NewGuid()) { SystemAssigned = Identity is null, UserAssigned = Identity is { } identity ? [identity.Name] : [] }
        );

    /// <summary>Deletes the user-assigned identity, or makes it again: under its name, as another principal.</summary>
    public async Task IdentityExistsAsync(bool exists)
    {
        if (exists)
            Identity = await _cluster.Identities.CreateAsync(_name);
        else
            await _cluster.Identities.DeleteAsync(_name);
    }

    /// <summary>What the identity that opens the key may do with it.</summary>
    public async Task AllowAsync(params string[] permissions) =>
        await _cluster.KeyVaults.SetPolicyAsync(
            _name,
            Identity?.PrincipalId ?? (await Vault.Vault.GetAsync()).Identity.PrincipalId ?? "",
            permissions
        );

    public Task<EncryptionSummary> AssignAsync(KeyId keyId, bool pinned, string? identity = null) =>
        VaultClient.UpdateEncryptionAsync(
            Vault,
            new()
            {
                OperationId = Guid.NewGuid(),
                KeyUri = (pinned ? keyId : keyId.Versionless).ToString(),
                UserAssignedIdentity = identity,
            }
        );

    public async Task<KeyId> NewVersionAsync(bool enabled = true, DateTimeOffset? notBefore = null, DateTimeOffset? expiresOn = null) =>
        KeyId.Parse((
                await KeyVault.CreateKeyAsync(
                    KeyName,
                    new()
                    {
                        Kty = "RSA",
                        Enabled = enabled,
                        NotBefore = notBefore,
                        ExpiresOn = expiresOn,
                    }
                )
            ).Key.Kid);

    public Task EnableAsync(KeyId keyId, bool enabled) =>
        KeyVault.UpdateKeyAsync(keyId.Name, keyId.Version, new KeyUpdate { Enabled = enabled });

    public async Task ProtectAsync(string name)
    {
        if (!_contents.ContainsKey(name))
        {
            _contents[name] = Guid.NewGuid().ToByteArray();
            Directory.CreateDirectory(_scratch[name]);
            await File.WriteAllBytesAsync(Path.Join(_scratch[name], "file"), _contents[name]);
        }
        await VaultClient.ProtectAsync(
            Vault,
            name,
            new ItemSource
            {
                Path = _scratch[name],
                Host = "here",
                Kind = ContentKind.Tree,
            }
        );
    }

    public async Task<IProtectedItemGrain> OpenAsync(string name) => _cluster.Client.OpenItem(await KeyOfAsync(name));

    public async Task<ItemKey> KeyOfAsync(string name) => new(Vault.VaultId, await Vault.Vault.FindItemAsync(name));

    /// <summary>Every item whose name leads to the roster.</summary>
    public async Task<IReadOnlyList<ItemKey>> ItemsAsync()
    {
        List<ItemKey> items = [];
        await foreach (var listing in VaultClient.AllAsync(Vault.Vault.ListItemsAsync))
            items.Add(new ItemKey(Vault.VaultId, listing.ItemId));
        return items;
    }

    public async Task<BackupReport> BackUpAsync(string name) => await _cluster.Client.BackUpAsync(await OpenAsync(name), new());

    /// <summary>Leaves an item in the roster whose record was never written, and the ring that was meant for it.</summary>
    public async Task EnrolAsync(string name)
    {
        _cluster.Store.Inject(
            new Fault.Fail(BlobError.StoreFull),
            BlobCalls.Put,
            names: blob => blob.StartsWith(GrainRecords.ItemBlobs(Vault.VaultId), StringComparison.Ordinal)
        );
        await Assert.ThrowsAsync<VaultException>(() => ProtectAsync(name));
        Assert.Single(await RingsOfAsync(name));
    }

    /// <summary>Every stored object that data keys open, with its content.</summary>
    public async Task<SortedDictionary<string, byte[]>> DataOfAsync(params string[] names)
    {
        SortedDictionary<string, byte[]> data = new(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var itemId = (await KeyOfAsync(name)).ItemId;
            foreach (var folder in (string[])[ItemBlobs.Packs(itemId), ItemBlobs.IndexRuns(itemId), $"manifests/{itemId}"])
            {
                await foreach (var blob in _cluster.Store.ListAllAsync(folder + "/"))
                    data[blob.Name] = (await _cluster.Store.GetAsync(blob.Name))?.Content.ToArray() ?? [];
            }
        }
        return data;
    }

    /// <summary>Begins a backup that goes no further than its first pack until <paramref name="release"/> is done.</summary>
    public async Task<Task<BackupReport>> BeginBackupAsync(string name, Task release)
    {
        await File.WriteAllBytesAsync(Path.Join(_scratch[name], "more"), Guid.NewGuid().ToByteArray());
        var (reached, itemId) = (new TaskCompletionSource(), (await KeyOfAsync(name)).ItemId);
        _cluster.Store.Inject(
            new Fault.First(() =>
            {
                reached.SetResult();
                return release;
            }),
            BlobCalls.Put,
            names: blob => blob.StartsWith(ItemBlobs.Packs(itemId), StringComparison.Ordinal)
        );
        var backup = BackUpAsync(name);
        if (await Task.WhenAny(backup, reached.Task) == backup)
            await backup;
        return backup;
    }

    /// <summary>Restores the newest recovery point and compares.</summary>
    public async Task RequireRestorableAsync(string name)
    {
        var target = _scratch[$"restored-{Guid.NewGuid():n}"];
        await _cluster.Client.RestoreAsync(await OpenAsync(name), new RestoreOptions { Target = target });
        Assert.Equal(_contents[name], await File.ReadAllBytesAsync(Path.Join(target, "file")));
    }

    /// <summary>A tick of the reminder; two of them also wait for what the first one started.</summary>
    public async Task TickAsync(int times = 2, InProcessTestCluster? twin = null)
    {
        var silo = (twin ?? _cluster.Cluster).GetActiveSilos().First();
        var schedule = silo
            .ServiceProvider.GetRequiredService<IGrainFactory>()
            .GetGrain<IRemindable>(GrainId.Create("key-rotation", Vault.VaultId.ToString()));
        for (var i = 0; i < times; i++)
            await schedule.ReceiveReminder("poll", default);
    }

    /// <summary>What a reminder does in that time, at the product's own period.</summary>
    public async Task LiveAsync(TimeSpan time, TimeSpan? period = null)
    {
        for (var left = time; left > TimeSpan.Zero; left -= period ?? PollRules.Period)
        {
            _cluster.Time.Advance(period ?? PollRules.Period);
            await TickAsync();
        }
    }

    public async Task<bool> HasReminderAsync()
    {
        var silo = _cluster.Cluster.GetActiveSilos().First();
        var rows = await silo
            .ServiceProvider.GetRequiredService<IReminderTable>()
            .ReadRows(GrainId.Create("key-rotation", Vault.VaultId.ToString()));
        return rows.Reminders.Count > 0;
    }

    /// <summary>Calls until something holds; every call lets the cluster go on.</summary>
    public async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 20_000; i++)
        {
            if (await holds())
                return;
            await Vault.Vault.GetAsync();
        }
        Assert.Fail("It never came to that.");
    }

    public async Task<KeyId> CurrentAsync()
    {
        var (encryption, versions) = (await Vault.Vault.GetEncryptionAsync(), await Vault.Vault.ListKeyVersionsAsync());
        return KeyId.Parse(versions.Single(v => v.KeyVersion == encryption.KeyVersion).KeyId);
    }

    public async Task<KeyVersionUse> UseOfAsync(KeyId keyId) =>
        (await Vault.Vault.ListKeyVersionsAsync()).Single(v => v.KeyId == keyId.ToString());

    public async Task<IReadOnlyList<JobSummary>> KeyJobsAsync() =>
        [.. (await Vault.Jobs.ListAsync(new JobQuery(null, JobOperations.UpdateCustomerManagedKey, new PageRequest(null)))).Items];

    public async Task<int> KeyLogEntriesAsync(string status) =>
        (await Vault.Activity.ListAsync(new PageRequest(null))).Items.Count(e => e.Operation == "UpdateEncryption" && e.Status == status);

    /// <summary>Names of the blobs below a prefix that belong to the items.</summary>
    public async Task<IReadOnlyList<string>> RingsOfAsync(string name)
    {
        var page = await _cluster.Store.ListAsync($"{ItemBlobs.Rings((await KeyOfAsync(name)).ItemId)}/");
        return [.. page.Items.Select(i => i.Name)];
    }

    /// <summary>Ends every activation of the vault, its schedule and these items: the next call reads storage.</summary>
    public async Task DeactivateAsync(params IEnumerable<ItemKey> items)
    {
        var vaultId = Vault.VaultId.ToString();
        foreach (var type in (string[])["vault", "key-rotation", "activity-log", "job-ledger"])
            await _cluster.DeactivateAsync(GrainId.Create(type, vaultId));
        foreach (var item in items)
            await _cluster.DeactivateAsync(GrainId.Create("item", item.ToString()));
    }

    public void Dispose() => _scratch.Dispose();
}
