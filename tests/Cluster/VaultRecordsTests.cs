using System.Buffers;
using System.Text;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>Lists, and records that were damaged or edited, as a client sees them.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class VaultRecordsTests(VaultCluster cluster)
{
    private static string BlobOf(VaultStage stage) => $"grainstate/record-vault/{stage.Vault.VaultId}.json";

    private async Task ReplaceAsync(VaultStage stage, Func<string, string> edit)
    {
        var blob = await cluster.Store.GetAsync(BlobOf(stage)) ?? throw new InvalidOperationException("No record.");
        var edited = edit(Encoding.UTF8.GetString(blob.Content.Span));
        await cluster.Store.PutAsync(BlobOf(stage), new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(edited)), PutCondition.Always);
        await cluster.RestartAsync(stage.Vault.VaultId);
    }

    private async Task<string> ContentAsync(VaultStage stage) =>
        Encoding.UTF8.GetString((await cluster.Store.GetAsync(BlobOf(stage)))!.Content.Span);

    [Theory]
    [InlineData("\"location\":\"westeurope\"", "\"location\":\"eastus\"", ErrorCodes.RecordTampered)]
    [InlineData("\"schema\":1", "\"schema\":2", ErrorCodes.DataTooNew)]
    [InlineData("{\"schema\"", "\0\0\0\0", ErrorCodes.DataBitRot)]
    public async Task Record_EditedOrDamaged_IsRefusedAndNotOverwritten(string from, string to, string code)
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        await ReplaceAsync(stage, json => json.Replace(from, to, StringComparison.Ordinal));
        var content = await ContentAsync(stage);

        Assert.Equal(code, await VaultStage.CodeOfAsync(stage.Vault.Vault.GetAsync));
        Assert.Equal(code, await VaultStage.CodeOfAsync(() => stage.AssignIdentityAsync()));
        Assert.Equal(code, await VaultStage.CodeOfAsync(() => cluster.Client.FindVaultAsync(stage.Name)));
        Assert.Equal(content, await ContentAsync(stage));
        // Others are not in the way of it.
        await VaultStage.CreateAsync(cluster, isReady: false);
        await cluster.Store.DeleteAsync($"names/vaults/{stage.Name}");
    }

    [Fact]
    public async Task Name_LeadingToAnotherVault_IsTampered()
    {
        var (mine, other) = (await VaultStage.CreateAsync(cluster, isReady: false), await VaultStage.CreateAsync(cluster, isReady: false));
        var blob = (await cluster.Store.GetAsync($"names/vaults/{other.Name}"))!;
        await cluster.Store.PutAsync($"names/vaults/{mine.Name}", new ReadOnlySequence<byte>(blob.Content), PutCondition.Always);

        var code = await VaultStage.CodeOfAsync(() => cluster.Client.FindVaultAsync(mine.Name));
        // Others list the names of the same cluster.
        await cluster.Store.DeleteAsync($"names/vaults/{mine.Name}");
        Assert.Equal(ErrorCodes.RecordTampered, code);
    }

    [Fact]
    public async Task Create_RefusedRequest_TakesNoName()
    {
        var name = VaultStage.NewName("refused");
        Assert.Equal(
            ErrorCodes.InvalidRequest,
            await VaultStage.CodeOfAsync(() => cluster.Client.Directory.CreateVaultAsync(VaultStage.Request(name, location: "")))
        );

        await foreach (var listed in VaultClient.AllAsync(cluster.Client.Directory.ListVaultsAsync))
            Assert.NotEqual(name, listed.Name);
        Assert.Null(await cluster.Store.GetAsync($"names/vaults/{name}"));
    }

    [Fact]
    public async Task Create_SameNameFromTwoClientsAtOnce_HasOneWinner()
    {
        var name = VaultStage.NewName("contested");
        var codes = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(_ => VaultStage.CodeOfAsync(() => cluster.Client.Directory.CreateVaultAsync(VaultStage.Request(name))))
        );

        Assert.Single(codes, code => code is null);
        Assert.All(codes.Where(code => code is not null), code => Assert.Equal(ErrorCodes.VaultAlreadyExists, code));
    }

    [Fact]
    public async Task Delete_VaultWithItem_IsRefusedAndItsNameGoesOnBeingTaken()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        await stage.ProtectAsync("docs");

        Assert.Equal(
            ErrorCodes.VaultNotEmpty,
            await VaultStage.CodeOfAsync(() => stage.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), "")))
        );
        Assert.Equal(stage.Vault.VaultId, (await cluster.Client.FindVaultAsync(stage.Name)).VaultId);
    }

    [Fact]
    public async Task Name_UsedAgain_NeverReachesTheVaultBefore()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        await stage.Vault.Vault.DeleteAsync(new DeleteVault(Guid.NewGuid(), ""));
        var again = await cluster.Client.Directory.CreateVaultAsync(VaultStage.Request(stage.Name));

        Assert.NotEqual(stage.Vault.VaultId, again.VaultId);
        Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(() => stage.AssignIdentityAsync()));
        Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(() => stage.ProtectAsync("docs")));
    }

    [Fact]
    public async Task Job_WhoseSiloIsGone_IsInterruptedOnce()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var ledger = new JobLedger(cluster.Store, cluster.Time);
        var job = new JobStart(ledger.NewJobId(), JobOperations.Backup, "docs", cluster.Time.GetUtcNow(), "x", "127.0.0.1:1@1/00");
        await ledger.StartAsync(stage.Vault.VaultId, job);

        var first = Assert.Single(await stage.JobsAsync(JobStatus.Failed));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await stage.Vault.Jobs.GetAsync(job.JobId);

        Assert.Equal(ErrorCodes.JobInterrupted, Assert.Single(first.ErrorDetails).Code);
        Assert.Equal(first.EndTime, second.EndTime);
        Assert.Empty(await stage.JobsAsync(JobStatus.InProgress));
    }

    [Fact]
    public async Task Lists_InPagesAndFiltered_AreWholeAndNewestFirst()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        foreach (var name in new[] { "b", "A", "c" })
            await stage.ProtectAsync(name);
        await VaultStage.CodeOfAsync(() => stage.ProtectAsync("a"));

        var one = await stage.Vault.Vault.ListItemsAsync(new PageRequest(null, 1));
        Assert.Equal("A", Assert.Single(one.Items).Name);
        Assert.Equal(["b", "c"], (await stage.Vault.Vault.ListItemsAsync(new PageRequest(one.Next))).Items.Select(i => i.Name));
        var jobs = await stage.JobsAsync();
        Assert.Equal(4, jobs.Count);
        Assert.Equal(ErrorCodes.ItemAlreadyProtected, Assert.Single(await stage.JobsAsync(JobStatus.Failed)).ErrorDetails[0].Code);
        Assert.Empty(await stage.JobsAsync(operation: JobOperations.Backup));
        Assert.Equal(4, (await stage.JobsAsync(operation: "configurebackup")).Count);
        var page = await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(null, 3)));
        var rest = await stage.Vault.Jobs.ListAsync(new JobQuery(null, null, new PageRequest(page.Next, 3)));
        Assert.Equal(jobs.Select(j => j.JobId), page.Items.Concat(rest.Items).Select(j => j.JobId));
        var log = await stage.Vault.Activity.ListAsync(new PageRequest(null, 2));
        Assert.Equal([5L, 4L], log.Items.Select(e => e.Seq));
        Assert.Equal([3L, 2L, 1L], (await stage.Vault.Activity.ListAsync(new PageRequest(log.Next))).Items.Select(e => e.Seq));
    }

    [Fact]
    public async Task Lists_MalformedPosition_IsRefused()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        var page = new PageRequest("no position");

        Assert.Equal(ErrorCodes.InvalidRequest, await VaultStage.CodeOfAsync(() => stage.Vault.Activity.ListAsync(page)));
        Assert.Equal(ErrorCodes.InvalidRequest, await VaultStage.CodeOfAsync(() => stage.Vault.Activity.VerifyAsync(0)));
        Assert.Equal(
            ErrorCodes.InvalidRequest,
            await VaultStage.CodeOfAsync(() => stage.Vault.Jobs.ListAsync(new JobQuery(null, null, page)))
        );
        Assert.Single((await stage.Vault.Activity.ListAsync(new PageRequest("999999999"))).Items);
    }
}
