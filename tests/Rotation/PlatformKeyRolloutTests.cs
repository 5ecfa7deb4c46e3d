using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rotation;

/// <summary>A cluster of one silo: the platform key is rotated with no other running.</summary>
public sealed class OneSiloCluster : IAsyncLifetime
{
    public VaultCluster Cluster { get; } = new() { Silos = 1 };

    public Task InitializeAsync() => Cluster.InitializeAsync();

    public Task DisposeAsync() => Cluster.DisposeAsync();
}

/// <summary>The platform key's rotation through the grains: everything restorable before, between and after.</summary>
public sealed class PlatformKeyRolloutTests(OneSiloCluster fixture) : IClassFixture<OneSiloCluster>
{
    private readonly VaultCluster _cluster = fixture.Cluster;

    private async Task<PlatformKeyCensus> CensusAsync()
    {
        var census = new PlatformKeyCensus(_cluster.Store);
        await census.TakeAsync();
        return census;
    }

    private async Task<string?> ObstacleAsync(uint id) => PlatformKeyRotation.Obstacle(_cluster.Keyring, await CensusAsync(), id);

    private static async Task<string> NewestPointAsync(KeyedItem item) => (await item.BackUpAsync()).Outcome.RecoveryPoint.Name;

    /// <summary>An item of each kind of vault, with a point, a soft-deleted point, and a descriptor that was superseded.</summary>
    private async Task<KeyedItem> CreateAsync(bool hasKey, bool? infrastructure = null)
    {
        var item = await KeyedItem.CreateAsync(_cluster, hasKey, infrastructure: infrastructure);
        var first = await NewestPointAsync(item);
        await item.BackUpAsync();
        await item.Grain.DeleteRecoveryPointAsync(new DeleteRecoveryPoint(Guid.NewGuid(), first));
        await item.Stage.Vault.Vault.SetSoftDeleteAsync(new SetSoftDelete(Guid.NewGuid(), 30));
        return item;
    }

    [Fact]
    public async Task Rotate_EveryKindOfVault_RestoresAndNothingButSealedObjectsNamesTheOldKey()
    {
        using var platform = await CreateAsync(hasKey: false);
        using var customers = await CreateAsync(hasKey: true);
        using var twoLayers = await CreateAsync(hasKey: true, infrastructure: true);
        var old = _cluster.Keyring.CurrentId;
        Assert.Equal(0, (await CensusAsync()).Unreadable);

        var ended = await _cluster.Client.RotatePlatformKeyAsync();

        Assert.Empty(ended.Refused);
        Assert.Equal(old + 1, ended.KeyId);
        var needs = (await CensusAsync()).NeedsOf(old);
        Assert.Equal(PlatformKeyNeeds.None with { SealedObjects = needs.SealedObjects }, needs);
        Assert.NotEqual(0, needs.SealedObjects);
        Assert.Contains("sealed object", await ObstacleAsync(old), StringComparison.Ordinal);
        foreach (var item in (KeyedItem[])[platform, customers, twoLayers])
        {
            await _cluster.RestartAsync(item.Key.VaultId);
            item.ForgetKeys();
            await item.RestoreAsync();
            await item.BackUpAsync();
            await item.RestoreAsync();
            Assert.Null((await item.Stage.Vault.Activity.VerifyAsync(1)).Fault);
        }
        Assert.Contains(await platform.Stage.JobsAsync(JobStatus.Completed), j => j.Operation == JobOperations.RotatePlatformKey);
        Assert.Contains(await customers.Stage.LogAsync(), e => e.Operation == "RotatePlatformKey");
    }

    /// <summary>With a key of the customer's nothing else of the rotation writes the item's record after its descriptor.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rotate_EntriesAreOwed_AreVouchedForByTheNewKeyAndPaidWithoutTheOld(bool hasKey)
    {
        using var item = await CreateAsync(hasKey);
        var old = _cluster.Keyring.CurrentId;
        _cluster.Store.Inject(
            new Fault.Fail(),
            BlobCalls.Put,
            names: name => name.StartsWith($"log/{item.Key.VaultId}/", StringComparison.Ordinal)
        );
        await item.Grain.DisableAsync(new DisableProtection(Guid.NewGuid(), "owed"));
        _cluster.Store.Recover();
        Assert.DoesNotContain(await item.Stage.LogAsync(), e => e.Operation == "DisableProtection");

        await _cluster.Client.RotatePlatformKeyAsync();

        Assert.DoesNotContain(await item.Stage.LogAsync(), e => e.Operation == "DisableProtection");
        Assert.Equal(0, (await CensusAsync()).NeedsOf(old).Records);
        await _cluster.RestartAsync(item.Key.VaultId);
        await _cluster.DeactivateAsync(GrainId.Create(GrainRecords.ItemType, item.Key.ToString()));
        await item.Grain.GetAsync();
        Assert.Single(await item.Stage.LogAsync(), e => e.Operation == "DisableProtection");
    }

    [Fact]
    public async Task Rotate_ProcessDiesAtAnyWrite_TheNextOneEndsIt()
    {
        using var platform = await CreateAsync(hasKey: false);
        using var customers = await CreateAsync(hasKey: true);
        var before = _cluster.Store.Count(BlobCalls.Put);
        await _cluster.Client.RotatePlatformKeyAsync();
        var writes = _cluster.Store.Count(BlobCalls.Put) - before;
        for (var step = 0; step < writes; step++)
        {
            _cluster.Store.Inject(new Fault.CrashAfter(), BlobCalls.Put, nth: step);
            Assert.True(await IsHitAsync(), $"no write {step} of {writes}");
            foreach (var item in (KeyedItem[])[platform, customers])
                await _cluster.RestartAsync(item.Key.VaultId);
            await platform.RestoreAsync();

            Assert.True((await _cluster.Client.RotatePlatformKeyAsync()).Done);

            await platform.RestoreAsync();
            await customers.RestoreAsync();
            var census = await CensusAsync();
            Assert.All(
                _cluster.Keyring.All.Where(k => k.Id != _cluster.Keyring.CurrentId),
                k => Assert.Equal(0, census.NeedsOf(k.Id).Records + census.NeedsOf(k.Id).WrappedKeys + census.NeedsOf(k.Id).Vaults)
            );
        }
    }

    private async Task<bool> IsHitAsync()
    {
        try
        {
            await _cluster.Client.RotatePlatformKeyAsync();
        }
        catch (Exception)
        {
            // It may end anywhere.
        }
        var wasHit = _cluster.Store.HasCrashed;
        _cluster.Store.Recover();
        return wasHit;
    }
}
