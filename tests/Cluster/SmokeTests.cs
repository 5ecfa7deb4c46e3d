using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

[Collection(VaultClusterCollection.Name)]
public sealed class SmokeTests(VaultCluster cluster)
{
    [Fact]
    public async Task Create_NewVault_HasPlatformManagedKeys()
    {
        var created = await cluster.Client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = "smoke",
                Location = "westeurope",
            }
        );

        Assert.Equal(EncryptionTypes.MicrosoftManaged, created.Encryption.EncryptionAtRestType);
    }
}
