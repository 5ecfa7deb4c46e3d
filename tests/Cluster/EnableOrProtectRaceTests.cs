using RecoveryVault.Errors;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

[Collection(VaultClusterCollection.Name)]
public sealed class EnableOrProtectRaceTests(VaultCluster cluster)
{
    /// <summary>
    /// Enabling the key and protecting an item at once: one of the two serial orders, never an item wrapped by the platform's key in a
    /// vault with the customer's.
    /// </summary>
    [Fact]
    [Trait("Requirement", "R11")]
    public async Task R11_EnableAndProtectAtOnce_HaveOneSerialOrder()
    {
        for (var round = 0; round < TestScale.Iterations(12); round++)
        {
            var stage = await VaultStage.CreateAsync(cluster);
            var isProtectFirst = round % 2 == 0;
            var protect = isProtectFirst ? stage.ProtectAsync("docs") : null;
            var enable = stage.CodeOfAssignAsync();
            protect ??= stage.ProtectAsync("docs");
            var code = await enable;
            var item = await cluster.Client.OpenItem(new(stage.Vault.VaultId, await protect)).GetAsync();
            var vault = await stage.Vault.Vault.GetAsync();

            if (code is null)
            {
                Assert.Equal(EncryptionTypes.CustomerManaged, vault.Encryption.EncryptionAtRestType);
                Assert.Equal(vault.Encryption.KeyVersion, item.KeyVersion);
            }
            else
            {
                Assert.Contains(code, new[] { ErrorCodes.UserErrorCMKProtectionAttempted, ErrorCodes.UserErrorCMKVaultHasProtectedItems });
                Assert.Equal(EncryptionTypes.MicrosoftManaged, vault.Encryption.EncryptionAtRestType);
                Assert.Equal("platform", item.KeyVersion);
            }
            Assert.Equal(1, vault.ItemCount);
        }
    }
}
