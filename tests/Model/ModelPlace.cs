namespace RecoveryVault.Tests.Model;

/// <summary>One cluster for the tests of a class, which clear it after use.</summary>
public sealed class ModelPlace : IAsyncLifetime
{
    internal ModelCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await ModelCluster.StartAsync();

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
