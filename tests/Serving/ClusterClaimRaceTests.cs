using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Storage.Azure;

namespace RecoveryVault.Tests.Serving;

/// <summary>Several clusters started on one store, at once and one after the other: one of them has it, and the others know.</summary>
public abstract class ClusterClaimRaceTests : IAsyncLifetime
{
    private readonly ClaimTime _time = new();
    private IBlobStore _store = new MemoryBlobStore();

    public async Task InitializeAsync() => _store = _time.Calls.Watch(await OpenAsync());

    public abstract Task DisposeAsync();

    protected abstract Task<IBlobStore> OpenAsync();

    [StoreFact]
    public async Task Take_ThreeClustersAtOnce_OneHasIt() => await OneOfAsync("a", "b", "c");

    [StoreFact]
    public async Task Take_ThreeClustersAtOnceAfterOneThatIsGone_OneHasIt()
    {
        await (await ClusterClaim.TakeAsync(_store, "gone", null, _time.Clock)).DisposeAsync();
        await OneOfAsync("a", "b", "c");
    }

    [StoreFact]
    public async Task Take_AfterAnotherThatLives_IsRefusedAndTakesNothing()
    {
        await using var first = await ClusterClaim.TakeAsync(_store, "a", null, _time.Clock);
        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            _time.RunUntilAsync(ClusterClaim.TakeAsync(_store, "b", null, _time.Clock))
        );
        Assert.Equal(ErrorCodes.StoreOfAnotherCluster, refused.Code);
        await _time.PassAsync(2 * ClusterClaim.Watch);
        Assert.False(first.Lost.IsCompleted);
    }

    private async Task OneOfAsync(params string[] clusters)
    {
        var takes = clusters.Select(id => TryTakeAsync(id)).ToList();
        await _time.RunUntilAsync(Task.WhenAll(takes));
        var winner = Assert.Single(takes, t => t.Result is not null).Result!;
        await _time.PassAsync(2 * ClusterClaim.Watch);
        Assert.False(winner.Lost.IsCompleted);
        await winner.DisposeAsync();
    }

    private async Task<ClusterClaim?> TryTakeAsync(string id)
    {
        try
        {
            return await ClusterClaim.TakeAsync(_store, id, null, _time.Clock);
        }
        catch (VaultException e) when (e.Code == ErrorCodes.StoreOfAnotherCluster)
        {
            return null;
        }
    }
}

/// <summary>On a directory.</summary>
public sealed class ClusterClaimOnFilesTests : ClusterClaimRaceTests, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    protected override Task<IBlobStore> OpenAsync() =>
        Task.FromResult<IBlobStore>(new FileBlobStore(_scratch["store"], options: new FileBlobStoreOptions { CreateIfMissing = true }));

    public override Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _scratch.Dispose();
}

/// <summary>On Azurite.</summary>
[NeedsTools("node", "npm")]
public sealed class ClusterClaimOnAzureTests : ClusterClaimRaceTests
{
    protected override async Task<IBlobStore> OpenAsync() => Tools.AreThere ? await AzureStage.NewStoreAsync() : new MemoryBlobStore();

    public override Task DisposeAsync() => Task.CompletedTask;

    private static class Tools
    {
        public static bool AreThere { get; } = DevKeyVault.ToolsFactAttribute.ReasonToSkip(["node", "npm"]) is null;
    }
}
