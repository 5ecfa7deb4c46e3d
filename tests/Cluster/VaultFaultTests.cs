using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>
/// Every call of the store that an operation makes fails, loses its answer, or is the last before the process dies. Afterwards the vault
/// is as before or as wanted, and the same operation again makes it as wanted, logged once.
/// </summary>
[Collection(VaultClusterCollection.Name)]
public sealed class VaultFaultTests(VaultCluster cluster)
{
    /// <summary>Runs an operation once to count its calls, then once for each call and fault.</summary>
    private async Task SweepAsync(Func<Task<IFaultCase>> prepare)
    {
        var calm = await prepare();
        await cluster.RestartAsync(calm.VaultId);
        var before = cluster.Store.Count();
        await calm.ActAsync();
        var calls = cluster.Store.Count() - before;
        await calm.CheckDoneAsync();
        Assert.InRange(calls, 3, 60);
        for (var nth = 0; nth < calls; nth++)
            foreach (var fault in Fault.Everywhere)
            {
                var run = await prepare();
                await cluster.RestartAsync(run.VaultId);
                cluster.Store.Inject(fault, nth: nth);
                var isDone = await TryAsync(run.ActAsync);
                var isDead = fault is Fault.CrashBefore or Fault.CrashAfter;
                await cluster.RestartAsync(isDead ? run.VaultId : null);
                if (isDead && run.Item is { } item)
                    await cluster.DeactivateAsync(GrainId.Create(GrainRecords.ItemType, item.ToString()));
                try
                {
                    if (isDone)
                        await run.CheckDoneAsync();
                    else
                        await run.CheckOldOrNewAsync();
                    await run.ActAsync();
                    await run.CheckDoneAsync();
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"After {fault} at call {nth} of {calls} (done: {isDone}): {e.Message}", e);
                }
            }
    }

    private static async Task<bool> TryAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private interface IFaultCase
    {
        VaultId? VaultId { get; }

        /// <summary>The item that it is about.</summary>
        ItemKey? Item => null;

        Task ActAsync();

        Task CheckOldOrNewAsync();

        Task CheckDoneAsync();
    }

    private static async Task<int> LoggedAsync(VaultStage stage, string operation) =>
        (await stage.LogAsync()).Count(e => e.Operation == operation && e.Status == "Succeeded");

    [Fact]
    public Task Create_AnyFault_NeverLeaksTheName() =>
        SweepAsync(() => Task.FromResult<IFaultCase>(new Creating(cluster, VaultStage.Request(VaultStage.NewName("create")))));

    private sealed class Creating(VaultCluster cluster, CreateVault request) : IFaultCase
    {
        public VaultId? VaultId { get; private set; }

        public async Task ActAsync() => VaultId = (await cluster.Client.Directory.CreateVaultAsync(request)).VaultId;

        private async Task<List<VaultListing>> ListAsync()
        {
            List<VaultListing> found = [];
            await foreach (var vault in VaultClient.AllAsync(cluster.Client.Directory.ListVaultsAsync))
                if (vault.Name == request.Name)
                    found.Add(vault);
            return found;
        }

        public async Task CheckOldOrNewAsync()
        {
            var listed = await ListAsync();
            var code = await VaultStage.CodeOfAsync(() => cluster.Client.FindVaultAsync(request.Name));
            Assert.Equal(listed.Count == 1 ? null : ErrorCodes.VaultNotFound, code);
        }

        public async Task CheckDoneAsync()
        {
            Assert.Equal(VaultId, Assert.Single(await ListAsync()).VaultId);
            var vault = await cluster.Client.FindVaultAsync(request.Name);
            Assert.Equal(VaultId, vault.VaultId);
            Assert.Equal("westeurope", (await vault.Vault.GetAsync()).Location);
            Assert.Single((await vault.Activity.ListAsync(new PageRequest())).Items);
            Assert.Equal(
                ErrorCodes.VaultAlreadyExists,
                await VaultStage.CodeOfAsync(() => cluster.Client.Directory.CreateVaultAsync(request with { OperationId = Guid.NewGuid() }))
            );
        }
    }

    [Fact]
    public Task AssignIdentity_AnyFault_IsOldOrNew() =>
        SweepAsync(async () => new AssigningIdentity(await VaultStage.CreateAsync(cluster, isReady: false)));

    private sealed class AssigningIdentity(VaultStage stage) : IFaultCase
    {
        private readonly ChangeIdentity _request = new(Guid.NewGuid());

        public VaultId? VaultId => stage.Vault.VaultId;

        public Task ActAsync() => stage.Vault.Vault.AssignIdentityAsync(_request);

        public async Task CheckOldOrNewAsync() =>
            Assert.Contains((await stage.Vault.Vault.GetAsync()).Identity.Type, new[] { IdentityTypes.None, IdentityTypes.SystemAssigned });

        public async Task CheckDoneAsync()
        {
            // Finding the vault by name is how everybody begins, and what pays an entry that a crash left owed.
            var identity = (await (await stage.Cluster.Client.FindVaultAsync(stage.Name)).Vault.GetAsync()).Identity;
            Assert.Equal(IdentityTypes.SystemAssigned, identity.Type);
            var entry = Assert.Single(await stage.LogAsync(), e => e.Operation == "AssignIdentity");
            Assert.Equal(identity.PrincipalId, entry.Details["principalId"]);
        }
    }

    [Fact]
    [Trait("Requirement", "R46")]
    public Task R46_AssignKey_AnyFault_IsOldOrNewAndItsJobTellsWhich() =>
        SweepAsync(async () => new AssigningKey(await VaultStage.CreateAsync(cluster)));

    private sealed class AssigningKey(VaultStage stage) : IFaultCase
    {
        private readonly UpdateEncryption _request = stage.Update();

        public VaultId? VaultId => stage.Vault.VaultId;

        public Task ActAsync() => stage.Vault.Vault.UpdateEncryptionAsync(_request);

        public async Task CheckOldOrNewAsync()
        {
            var shown = await stage.Vault.Vault.GetEncryptionAsync();
            if (shown.EncryptionAtRestType == EncryptionTypes.CustomerManaged)
                Assert.Equal((stage.KeyUri, "Succeeded"), (shown.KeyUri, shown.LastUpdateStatus));
            else
                Assert.Equal((null, null, true), (shown.KeyUri, shown.KeyVersion, shown.LastUpdateStatus is "NotEnabled" or "Failed"));
        }

        public async Task CheckDoneAsync()
        {
            await stage.Cluster.Client.FindVaultAsync(stage.Name);
            var shown = await stage.Vault.Vault.GetEncryptionAsync();
            Assert.Equal((stage.KeyUri, "Succeeded"), (shown.KeyUri, shown.LastUpdateStatus));
            var entry = Assert.Single(await stage.LogAsync(), e => e.Operation == "UpdateEncryption" && e.Status == "Succeeded");
            Assert.Equal(JobStatus.Completed, (await stage.Vault.Jobs.GetAsync(entry.CorrelationId)).Status);
            Assert.Equal(entry.CorrelationId, (await stage.Vault.Vault.UpdateEncryptionAsync(_request)).JobId);
        }
    }

    [Fact]
    [Trait("Requirement", "R11")]
    public Task R11_Attempt_AnyFault_IsRecordedBeforeItsJob() =>
        SweepAsync(async () => new Attempting(await VaultStage.CreateAsync(cluster)));

    private sealed class Attempting(VaultStage stage) : IFaultCase
    {
        private readonly AttemptProtection _request = new(Guid.NewGuid(), "docs");

        public VaultId? VaultId => stage.Vault.VaultId;

        public Task ActAsync() => stage.Vault.Vault.AttemptProtectionAsync(_request);

        public async Task CheckOldOrNewAsync()
        {
            var isAttempted = (await stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt is not null;
            Assert.True(isAttempted || (await stage.JobsAsync()).Count == 0);
            var list = await stage.Vault.Vault.GetChecklistAsync(null);
            Assert.Equal(!isAttempted, list[0].Met);
        }

        public async Task CheckDoneAsync()
        {
            Assert.NotNull((await stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt);
            Assert.Equal(ErrorCodes.UserErrorCMKProtectionAttempted, await stage.CodeOfAssignAsync());
            Assert.Single(await stage.JobsAsync(operation: JobOperations.ConfigureBackup));
        }
    }

    [Fact]
    public Task CompleteProtection_AnyFault_EnrolsOneWholeItem() =>
        SweepAsync(async () =>
        {
            var stage = await VaultStage.CreateAsync(cluster, isReady: false);
            var ticket = await stage.Vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), "docs"));
            return new Completing(stage, new CompleteProtection(ticket, "docs", VaultStage.Source));
        });

    private sealed class Completing(VaultStage stage, CompleteProtection request) : IFaultCase
    {
        private bool _hasFailed;

        public VaultId? VaultId => stage.Vault.VaultId;

        public ItemKey? Item => new(stage.Vault.VaultId, request.Ticket.ItemId);

        public Task ActAsync() => stage.Vault.Vault.CompleteProtectionAsync(request);

        public async Task CheckOldOrNewAsync()
        {
            _hasFailed = true;
            var items = (await stage.Vault.Vault.ListItemsAsync(new PageRequest())).Items;
            Assert.True(items.Count <= 1);
            var code = await VaultStage.CodeOfAsync(() => stage.Cluster.Client.FindItemAsync(stage.Name, "docs"));
            Assert.Equal(items.Count == 1 ? null : ErrorCodes.ItemNotFound, code);
        }

        public async Task CheckDoneAsync()
        {
            var item = await stage.Cluster.Client.FindItemAsync(stage.Name, "DOCS");
            var shown = await item.GetAsync();
            Assert.Equal(("docs", ProtectionState.Protected), (shown.Name, shown.State));
            Assert.Equal(1, (await stage.Vault.Vault.GetAsync()).ItemCount);
            Assert.Equal(1, await LoggedAsync(stage, "ProtectItem"));
            // A job that has failed stays failed, though its ticket is still good for another try.
            var status = (await stage.Vault.Jobs.GetAsync(request.Ticket.JobId)).Status;
            Assert.True(status == JobStatus.Completed || (_hasFailed && status == JobStatus.Failed), $"The job is {status}.");
        }
    }

    [Fact]
    public Task Disable_AnyFault_IsOldOrNewAndLoggedOnce() =>
        SweepAsync(async () =>
        {
            var stage = await VaultStage.CreateAsync(cluster, isReady: false);
            await stage.ProtectAsync("docs");
            return new Disabling(stage, await stage.Vault.Vault.FindItemAsync("docs"));
        });

    private sealed class Disabling(VaultStage stage, ItemId itemId) : IFaultCase
    {
        public VaultId? VaultId => stage.Vault.VaultId;

        public ItemKey? Item => new(stage.Vault.VaultId, itemId);

        private async Task<ProtectionState> StateAsync() =>
            (await (await stage.Cluster.Client.FindItemAsync(stage.Name, "docs")).GetAsync()).State;

        public async Task ActAsync() =>
            await (await stage.Cluster.Client.FindItemAsync(stage.Name, "docs")).DisableAsync(
                new DisableProtection(Guid.NewGuid(), "no longer needed")
            );

        public async Task CheckOldOrNewAsync()
        {
            var isStopped = await StateAsync() == ProtectionState.ProtectionStopped;
            Assert.Equal(isStopped ? 1 : 0, await LoggedAsync(stage, "DisableProtection"));
        }

        public async Task CheckDoneAsync()
        {
            Assert.Equal(ProtectionState.ProtectionStopped, await StateAsync());
            Assert.Equal(1, await LoggedAsync(stage, "DisableProtection"));
            Assert.Single(await stage.JobsAsync(operation: JobOperations.DisableBackup), job => job.Status == JobStatus.Completed);
        }
    }

    [Fact]
    public Task Delete_AnyFault_FreesTheNameInTheEnd() =>
        SweepAsync(async () => new Deleting(await VaultStage.CreateAsync(cluster, isReady: false)));

    private sealed class Deleting(VaultStage stage) : IFaultCase
    {
        private readonly DeleteVault _request = new(Guid.NewGuid(), "no longer used");

        public VaultId? VaultId => stage.Vault.VaultId;

        public Task ActAsync() => stage.Vault.Vault.DeleteAsync(_request);

        public async Task CheckOldOrNewAsync()
        {
            await foreach (var listed in VaultClient.AllAsync(stage.Cluster.Client.Directory.ListVaultsAsync))
                await stage.Cluster.Client.Open(listed.VaultId).Vault.GetAsync();
            var code = await VaultStage.CodeOfAsync(() => stage.Cluster.Client.FindVaultAsync(stage.Name));
            Assert.True(code is null or ErrorCodes.VaultNotFound);
        }

        public async Task CheckDoneAsync()
        {
            Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(() => stage.Cluster.Client.FindVaultAsync(stage.Name)));
            Assert.Equal(ErrorCodes.VaultNotFound, await VaultStage.CodeOfAsync(stage.Vault.Vault.GetAsync));
            Assert.Equal(1, await LoggedAsync(stage, "DeleteVault"));
        }
    }
}
