using RecoveryVault.Backups;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A vault deleted with everything in it because its key opens nothing any more.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class VaultShredTests(VaultCluster cluster)
{
    private static Task<VaultSummary> ShredAsync(KeyedItem item, string reason = "lost", Guid? approval = null) =>
        item.Stage.Vault.Vault.ShredAsync(new ShredVault(Guid.NewGuid(), reason, approval));

    private static Task<string?> CodeOfAsync(Func<Task> call) => VaultStage.CodeOfAsync(call);

    private static Task<VaultPurge> PurgeAsync(KeyedItem item) => item.Stage.Vault.Vault.PurgeAsync(Guid.NewGuid());

    /// <summary>One backed up item of a vault whose key is disabled.</summary>
    private async Task<KeyedItem> PrepareAsync(bool isUseless = true)
    {
        var item = await KeyedItem.CreateAsync(cluster);
        await item.BackUpAsync();
        if (isUseless)
            await item.EnableKeyAsync(false);
        return item;
    }

    /// <summary>The time to have it back passes, and the log proves it.</summary>
    private async Task PassAsync(KeyedItem item, int days = 16)
    {
        cluster.Time.Advance(TimeSpan.FromDays(days));
        await CodeOfAsync(() => item.Stage.Vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid())));
        cluster.Time.Advance(TimeSpan.FromDays(1));
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Shred_KeyThatOpensOrKeyVaultAwayOrNoReason_IsRefusedLoggedAndChangesNothing()
    {
        using var item = await PrepareAsync(isUseless: false);
        Assert.Equal(ErrorCodes.VaultKeyUsable, await CodeOfAsync(() => ShredAsync(item)));
        cluster.KeyVaultTraffic.Fail(item.Stage.KeyVault + ".vault.localhost", KeyVaultFault.Unreachable);
        Assert.Equal(ErrorCodes.KeyVaultUnreachable, await CodeOfAsync(() => ShredAsync(item)));
        cluster.KeyVaultTraffic.Heal(item.Stage.KeyVault + ".vault.localhost");
        await item.EnableKeyAsync(false);
        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => ShredAsync(item, "")));
        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => ShredAsync(item, approval: Guid.NewGuid())));
        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => PurgeAsync(item)));

        Assert.Null((await item.Stage.Vault.Vault.GetAsync()).Deletion);
        var refused = (await item.Stage.LogAsync()).Where(e => e.Operation == "ShredVault").ToList();
        Assert.Equal(4, refused.Count(e => e.Status == "Failed"));
        await item.EnableKeyAsync(true);
        item.ForgetKeys();
        await item.RestoreAsync();

        using var platform = await KeyedItem.CreateAsync(cluster, hasKey: false);
        Assert.Equal(ErrorCodes.VaultKeyUsable, await CodeOfAsync(() => ShredAsync(platform)));
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Shredded_Vault_IsRefusedEverythingAndComesBackWhole()
    {
        using var item = await PrepareAsync();
        var vault = item.Stage.Vault.Vault;

        var deleted = await ShredAsync(item);
        var again = await ShredAsync(item, "another reason");

        Assert.Equal(cluster.Time.GetUtcNow().AddDays(14), deleted.Deletion?.PurgeAfter);
        Assert.Equal(deleted.Deletion, again.Deletion);
        await item.EnableKeyAsync(true);
        item.ForgetKeys();
        Func<Task>[] attempts =
        [
            () => item.BackUpAsync(),
            item.RestoreAsync,
            () => item.Stage.ProtectAsync("more"),
            () => item.Stage.AssignKeyAsync(),
            () => vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), "")),
            () => item.Grain.DeleteAsync(new DeleteItem(Guid.NewGuid(), "")),
            () => item.Grain.ExpireAsync(new ExpireRecoveryPoints(Guid.NewGuid())),
            () => item.Grain.BeginReclaimAsync(new RecoveryVault.Reclaim.BeginReclaim(Guid.NewGuid())),
        ];
        foreach (var attempt in attempts)
            Assert.Equal(ErrorCodes.VaultSoftDeleted, await CodeOfAsync(attempt));
        Assert.False((await PurgeAsync(item)).Done);

        Assert.Null((await vault.UndeleteAsync(new UndeleteVault(Guid.NewGuid()))).Deletion);
        await item.RestoreAsync();
        await item.BackUpAsync();
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Purge_AfterThePeriod_DestroysKeysFirstNeedsNoKeyAndLeavesAProof()
    {
        using var item = await PrepareAsync();
        await ShredAsync(item, "ticket 4711");
        // A clock that jumps destroys nothing.
        cluster.Time.Advance(TimeSpan.FromDays(60));
        var waiting = await PurgeAsync(item);
        Assert.False(waiting.Done);
        Assert.NotNull(waiting.HeldBy);
        await PassAsync(item, days: 1);
        var calls = cluster.KeyVaultTraffic.Count(item.Stage.KeyVault + ".vault.localhost", "unwrap");
        var heads = await cluster.Store.ListNamesAsync(ItemBlobs.Heads(item.Key.ItemId) + "/");
        Assert.Single(heads);

        Assert.True((await PurgeAsync(item)).Done);

        Assert.Equal(calls, cluster.KeyVaultTraffic.Count(item.Stage.KeyVault + ".vault.localhost", "unwrap"));
        foreach (var folder in (string[])["rings", "packs", "index", "manifests", "heads", "tombstones", "descriptors"])
            Assert.Empty(await cluster.Store.ListNamesAsync($"{folder}/{item.Key.ItemId}/"));
        Assert.Equal(ErrorCodes.VaultNotFound, await CodeOfAsync(() => cluster.Client.FindVaultAsync(item.Stage.Name)));
        var proof = await cluster.Client.Directory.GetShredAsync(item.Key.VaultId);
        Assert.Equal(
            ("ticket 4711", "tester@here", 1, 1L),
            (proof.Deletion.Reason, proof.Deletion.RequestedBy, proof.ItemCount, proof.RecoveryPointCount)
        );
        Assert.Equal(cluster.Time.GetUtcNow(), proof.CompletedAt);
        var destroyed = Assert.Single((await cluster.Client.Directory.ListShreddedItemsAsync(item.Key.VaultId, new PageRequest())).Items);
        Assert.Equal("papers", destroyed.Name);
        Assert.Equal(64, Assert.Single(destroyed.KeyCommitments).Length);
        Assert.Contains(item.Key.VaultId, (await cluster.Client.Directory.ListShredsAsync(new PageRequest())).Items.Select(s => s.VaultId));
        // The name is free for another vault.
        await cluster.Client.Directory.CreateVaultAsync(VaultStage.Request(item.Stage.Name));
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Shred_PromisedRecoveryPoint_WaitsForThePromise()
    {
        using var item = await KeyedItem.CreateAsync(cluster);
        var until = cluster.Time.GetUtcNow().AddDays(400);
        await item.BackUpAsync(new BackupOptions { RetainUntil = until });
        await item.EnableKeyAsync(false);

        Assert.Equal(until, (await ShredAsync(item)).Deletion?.PurgeAfter);
    }

    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Shred_SecondApprovalDemanded_TakesTwo()
    {
        using var item = await PrepareAsync();
        await item.Stage.Vault.Vault.RequireSecondApprovalAsync(new RequireSecondApproval(Guid.NewGuid()));
        await using var twin = await cluster.DeployTwinAsync("second@there");
        var other = cluster.ClientOf(twin).Open(item.Key.VaultId).Vault;

        var asked = (await ShredAsync(item)).Deletion;
        Assert.Null(asked?.PurgeAfter);
        Assert.Equal(ErrorCodes.ApprovalByAnotherRequired, await CodeOfAsync(() => ShredAsync(item, "yes", asked?.DeletionId)));
        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => PurgeAsync(item)));
        Assert.Equal(ErrorCodes.InvalidRequest, await CodeOfAsync(() => other.ShredAsync(new(Guid.NewGuid(), "yes", Guid.NewGuid()))));
        var approved = (await other.ShredAsync(new ShredVault(Guid.NewGuid(), "yes", asked?.DeletionId))).Deletion;

        Assert.Equal(("tester@here", "second@there"), (approved?.RequestedBy, approved?.ApprovedBy));
        Assert.NotNull(approved?.PurgeAfter);
    }

    /// <summary>Whatever call of the store goes wrong, and however: the next purge ends what was begun, and the proof says so.</summary>
    [Fact]
    [Trait("Requirement", "R65")]
    public async Task Purge_AnyFault_IsFinishedByTheNextOne()
    {
        var step = (int)Math.Max(1, 9 / Style.TestScale.Factor);
        foreach (var fault in Fault.Everywhere)
        {
            for (var (nth, hit) = (0, true); hit; nth += step)
            {
                using var item = await PrepareAsync();
                await ShredAsync(item);
                await PassAsync(item);
                hit = false;
                var seen = 0;
                cluster.Store.Inject(fault, names: _ => seen++ == nth && (hit = true));
                await TryAsync(() => PurgeAsync(item));
                await cluster.RestartAsync(item.Key.VaultId);
                await cluster.DeactivateAsync(GrainId.Create("item", item.Key.ToString()));

                await TryAsync(() => PurgeAsync(item));

                Assert.Empty(await cluster.Store.ListNamesAsync($"rings/{item.Key.ItemId}/"));
                Assert.Empty(await cluster.Store.ListNamesAsync($"packs/{item.Key.ItemId}/"));
                var proof = await cluster.Client.Directory.GetShredAsync(item.Key.VaultId);
                Assert.True(proof.CompletedAt is not null && proof.ItemCount == 1, $"{fault} at call {nth}");
                Assert.Equal(ErrorCodes.VaultNotFound, await CodeOfAsync(() => item.Stage.Vault.Vault.GetAsync()));
            }
        }
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception)
        {
            // The next one must make up for it.
        }
    }
}
