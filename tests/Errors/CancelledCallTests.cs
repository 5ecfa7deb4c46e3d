using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Cluster;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Errors;

/// <summary>What a grain makes of a call that the runtime gave up.</summary>
public sealed class CancelledCallTests : IAsyncLifetime
{
    private readonly GivenUp _givenUp = new();
    private readonly VaultCluster _cluster;

    public CancelledCallTests() => _cluster = new() { Silos = 1, Configure = silo => silo.AddIncomingGrainCallFilter(_givenUp) };

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Change_WhoseVaultIsNotFound_IsRefusedAsALoss()
    {
        var vault = await CreateVaultAsync();
        _givenUp.Contract = typeof(IVaultKeys);
        var refusal = await Assert.ThrowsAsync<VaultException>(() => VaultClient.SyncAsync(vault));
        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
    }

    [Fact]
    public async Task Change_WhoseLogDoesNotAnswer_IsMadeAndLoggedLater()
    {
        var vault = await CreateVaultAsync();
        _givenUp.Contract = typeof(IActivityLogWriter);
        await CreatePolicyAsync(vault, "first");
        _givenUp.Contract = null;
        await CreatePolicyAsync(vault, "second");
        var logged = await VaultClient.AllAsync(vault.Activity.ListAsync).CountAsync(e => e.Operation == "CreatePolicy");
        Assert.Equal(2, logged);
    }

    private async Task<NamedVault> CreateVaultAsync()
    {
        var created = await _cluster.Client.Directory.CreateVaultAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = "given-up",
                Location = "westeurope",
            }
        );
        return _cluster.Client.Open(created.VaultId);
    }

    private static async Task CreatePolicyAsync(NamedVault vault, string name) =>
        await vault.Vault.CreatePolicyAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = name,
                Last = 1,
            }
        );

    /// <summary>Calls of a contract end as the runtime ends one that it cannot deliver in time.</summary>
    private sealed class GivenUp : IIncomingGrainCallFilter
    {
        public Type? Contract { get; set; }

        public Task Invoke(IIncomingGrainCallContext context) =>
            context.InterfaceMethod.DeclaringType == Contract ? throw new TaskCanceledException("A task was canceled.") : context.Invoke();
    }
}
