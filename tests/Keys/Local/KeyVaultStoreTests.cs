using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>The records in the store: several processes, restarts, failures.</summary>
public sealed class KeyVaultStoreTests
{
    [Fact]
    public async Task Rotate_ThroughTwoProcessesAtOnce_LosesNoVersion()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        LocalKeyVaultsPair pair = new(stage);
        var rotations = Enumerable.Range(0, 24).Select(i => Task.Run(() => pair[i].RotateKeyAsync("kek")));
        var versions = (await Task.WhenAll(rotations)).Select(KeyVaultStage.VersionOf).ToHashSet();
        Assert.Equal(24, versions.Count);
        var listed = await stage.Owner.ListVersionsAsync("kek");
        Assert.Equal(25, listed.Count);
        Assert.Subset(listed.Select(version => version.Id.Version ?? "").ToHashSet(), versions);
    }

    [Fact]
    public async Task Rotate_OvertakenByAnother_KeepsBoth()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        await stage.CreateRsaAsync();
        var other = await OvertakeAsync(store, () => stage.Owner.RotateKeyAsync("kek"), () => stage.Owner.RotateKeyAsync("kek"));
        var versions = (await stage.Owner.ListVersionsAsync("kek")).Select(version => version.Id).ToList();
        Assert.Equal(3, versions.Count);
        Assert.Equal(KeyVaultStage.IdOf(other), versions[1]);
        // Each can still be used: neither private half was lost or zeroed on the way.
        foreach (var version in versions)
        {
            var wrapped = await stage.Owner.WrapKeyAsync(version, new byte[32]);
            using var unwrapped = await stage.Owner.UnwrapKeyAsync(version, wrapped.EncryptedKey);
            Assert.Equal(32, unwrapped.Length);
        }
    }

    [Fact]
    public async Task Rotate_OvertakenByADelete_Is404()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        await stage.CreateRsaAsync();
        var outcome = await KeyVaultStage.OutcomeOf(() =>
            OvertakeAsync(store, () => stage.Owner.RotateKeyAsync("kek"), () => stage.Owner.DeleteKeyAsync("kek"))
        );
        Assert.Equal("404 KeyNotFound", outcome);
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.RecoverDeletedKeyAsync("kek")));
    }

    [Fact]
    public async Task Purge_OvertakenByARecover_DestroysNothing()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        await stage.CreateRsaAsync();
        await stage.Owner.DeleteKeyAsync("kek");
        var outcome = await KeyVaultStage.OutcomeOf(() =>
            OvertakeAsync(store, () => stage.Owner.PurgeDeletedKeyAsync("kek"), () => stage.Owner.RecoverDeletedKeyAsync("kek"))
        );
        Assert.Equal("404 KeyNotFound", outcome);
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync("kek", null)));
    }

    [Fact]
    public async Task SetPolicy_OvertakenByAnother_KeepsBoth()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        await OvertakeAsync(
            store,
            () => stage.Vaults.SetPolicyAsync("kv1", "one", ["get"]),
            () => stage.Vaults.SetPolicyAsync("kv1", "two", ["list"])
        );
        var policies = (await stage.Vaults.ShowAsync("kv1")).Properties.AccessPolicies;
        Assert.Equal(["two", "one"], policies.Select(policy => policy.ObjectId));
    }

    [Fact]
    public async Task Create_OvertakenByTheSameVaultName_IsRefused()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        Func<string, Task<KeyVaultResource>> create = location => stage.Vaults.CreateAsync(new() { Name = "new", Location = location });
        var outcome = await KeyVaultStage.OutcomeOf(() => OvertakeAsync(store, () => create("late"), () => create("early")));
        Assert.Equal("409 VaultAlreadyExists", outcome);
        Assert.Equal("early", (await stage.Vaults.ShowAsync("new")).Location);
    }

    [Fact]
    public async Task Change_ThatAlwaysLosesTheRace_GivesUpWithAConflict()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        store.BeforeWrite = _ => throw new BlobStoreException(BlobError.PreconditionFailed, "changed");
        Assert.Equal("409 Conflict", await KeyVaultStage.OutcomeOf(() => stage.AllowAsync("get")));
    }

    [Fact]
    public async Task StoreFailure_IsUnreachableForKeysAndNoDenial()
    {
        var store = new InterposedBlobStore();
        var stage = await KeyVaultStage.CreateAsync(store: store);
        var before = await stage.CreateRsaAsync();
        store.BeforeWrite = _ => throw new BlobStoreException(BlobError.Unavailable, "disk on fire");
        var failed = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.RotateKeyAsync("kek"));
        Assert.Equal((500, KeyVaultVerdict.Unreachable), (failed.Status, failed.Verdict));
        Assert.Contains("disk on fire", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before.Key.Kid, Assert.Single(await stage.Owner.ListKeyVersionsAsync("kek")).Kid);
        await Assert.ThrowsAsync<BlobStoreException>(() => stage.AllowAsync("get"));
    }

    [Fact]
    public async Task Restart_ReadsTheSame()
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: true, retentionDays: 30);
        await stage.AllowAsync("get", "unwrapKey");
        await stage.Vaults.AssignRoleAsync("kv1", "me", "Key Vault Crypto Officer");
        await stage.Owner.CreateKeyAsync(
            "kek",
            new()
            {
                Kty = "RSA",
                KeyOps = ["unwrapKey"],
                NotBefore = KeyVaultStage.Start,
                ExpiresOn = KeyVaultStage.Start.AddYears(1),
                Tags = new Dictionary<string, string> { ["a\"+/é"] = "b" },
            }
        );
        await stage.Owner.CreateKeyAsync(
            "ec",
            new()
            {
                Kty = "EC",
                Curve = "P-521",
                Enabled = false,
            }
        );
        await stage.Owner.DeleteKeyAsync("ec");
        var restarted = stage.Restart();
        var keys = restarted.Open(KeyVaultStage.Host, KeyVaultCaller.Owner);
        Assert.Equivalent(await stage.Vaults.ShowAsync("kv1"), await restarted.ShowAsync("kv1"), strict: true);
        Assert.Equivalent(await stage.Owner.GetKeyBundleAsync("kek"), await keys.GetKeyBundleAsync("kek"), strict: true);
        Assert.Equivalent(await stage.Owner.GetDeletedKeyAsync("ec"), await keys.GetDeletedKeyAsync("ec"), strict: true);
    }

    /// <summary>Runs the second change just before the first one is written.</summary>
    private static async Task<T> OvertakeAsync<T>(InterposedBlobStore store, Func<Task> first, Func<Task<T>> second)
    {
        T? overtaker = default;
        store.BeforeWrite = async _ =>
        {
            store.BeforeWrite = _ => Task.CompletedTask;
            overtaker = await second();
        };
        await first();
        return overtaker ?? throw new InvalidOperationException("The first change wrote nothing.");
    }

    /// <summary>Two instances on one store, as two processes have them.</summary>
    private sealed class LocalKeyVaultsPair(KeyVaultStage stage)
    {
        private readonly LocalKeyVault[] _pair = [stage.Owner, stage.Restart().Open(KeyVaultStage.Host, KeyVaultCaller.Owner)];

        public LocalKeyVault this[int index] => _pair[index % 2];
    }
}
