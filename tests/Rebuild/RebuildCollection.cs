using RecoveryVault.Tests.Cluster;

namespace RecoveryVault.Tests.Rebuild;

/// <summary>A cluster of their own: rebuilding goes through a whole store.</summary>
[CollectionDefinition(Name)]
public sealed class RebuildCollection : ICollectionFixture<VaultCluster>
{
    public const string Name = "rebuild";
}
