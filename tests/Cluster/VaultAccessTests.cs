using System.Collections.Immutable;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Access;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>What a client that came in through a gateway can and cannot do.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class VaultAccessTests(VaultCluster cluster)
{
    [Fact]
    public async Task InternalContracts_CalledByAClient_AreRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var key = stage.Vault.VaultId.ToString();
        var client = cluster.Cluster.Client;
        Func<Task>[] calls =
        [
            () => client.GetGrain<IVaultKeys>(key).GetKeyContextAsync(),
            () => client.GetGrain<IVaultKeys>(key).AnnounceAsync(1, "https://x.vault.localhost/keys/k", ""),
            () => client.GetGrain<IVaultCreation>(key).FindAsync(),
            () =>
                client
                    .GetGrain<IActivityLogWriter>(key)
                    .AppendAsync("x", "x", "x", Guid.Empty, ImmutableSortedDictionary<string, string>.Empty),
            () => client.GetGrain<IRotationSchedule>(key).EnsurePolledAsync(),
            () => client.GetGrain<IItemKeys>(new ItemKey(stage.Vault.VaultId, ItemId.Create()).ToString()).IsProtectedAsync(),
            () => client.GetGrain<IUnannotatedGrain>(key).CallAsync(),
            () => client.GetGrain<IManagementGrain>(0).GetHosts(),
            () => client.GetGrain<IKeyRotationGrain>(key).AsReference<IRemindable>().ReceiveReminder("poll", default),
        ];
        foreach (var call in calls)
            Assert.Equal(ErrorCodes.AccessDenied, await VaultStage.CodeOfAsync(call));
        Assert.Single(await stage.LogAsync());
    }

    [Fact]
    [Trait("Requirement", "R44")]
    public async Task R44_ClaimedCaller_NeverReachesTheLog()
    {
        RequestContext.Set("rv.caller", "mallory");
        try
        {
            var stage = await VaultStage.CreateAsync(cluster);
            await stage.AssignKeyAsync();
            await stage.ProtectAsync("docs");

            Assert.All(await stage.LogAsync(), e => Assert.Equal("tester@here", e.Caller));
            Assert.All(await stage.JobsAsync(), j => Assert.Equal("tester@here", j.Caller));
        }
        finally
        {
            RequestContext.Clear();
        }
    }

    [Fact]
    public async Task Ticket_OfAnotherItemOrJob_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        var docs = await stage.ProtectAsync("docs");
        var keyJob = (await stage.JobsAsync(operation: "UpdateCustomerManagedKey"))[0].JobId;
        var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), "other"));
        var vault = stage.Vault.Vault;
        Func<Task>[] calls =
        [
            () => vault.FailProtectionAsync(new FailProtection(ticket with { JobId = keyJob }, "other", "X", "x")),
            () => vault.FailProtectionAsync(new FailProtection(ticket with { JobId = Guid.NewGuid() }, "other", "X", "x")),
            () => vault.FailProtectionAsync(new FailProtection(ticket, "docs", "X", "x")),
            () => vault.CompleteProtectionAsync(new CompleteProtection(ticket, "docs", VaultStage.Source)),
            () => vault.CompleteProtectionAsync(new CompleteProtection(ticket with { ItemId = docs }, "other", VaultStage.Source)),
        ];
        foreach (var call in calls)
            Assert.Equal(ErrorCodes.InvalidRequest, await VaultStage.CodeOfAsync(call));
        Assert.Equal("docs", Assert.Single((await vault.ListItemsAsync(new PageRequest())).Items).Name);
    }

    [Fact]
    public async Task Source_BeyondItsLimits_IsRefusedBeforeTheItemIsEnrolled()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), "docs"));
        var source = VaultStage.Source with { Excludes = [.. Enumerable.Repeat("*.tmp", ItemSource.MaxExcludes + 1)] };

        Assert.Equal(
            ErrorCodes.InvalidRequest,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.CompleteProtectionAsync(new CompleteProtection(ticket, "docs", source)))
        );
        Assert.Equal(0, (await stage.Vault.Vault.GetAsync()).ItemCount);
    }
}
