using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Keys.Local;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>The JSON of the REST API and of <c>az keyvault show</c>, to the byte, for one fixed key.</summary>
public sealed class KeyBundleJsonTests
{
    [Fact]
    public async Task Bundle_IsTheRestApis()
    {
        var bundle = await CreateFixedAsync(
            new()
            {
                Kty = "RSA",
                NotBefore = KeyVaultStage.Start,
                ExpiresOn = KeyVaultStage.Start.AddDays(365),
                Tags = new Dictionary<string, string> { ["a"] = "b" },
            }
        );
        Assert.Equal(
            """
            {"key":{"kid":"https://kv1.vault.localhost/keys/kek/{v}","kty":"RSA",
            "key_ops":["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"],"n":"{n}","e":"AQAB"},
            "attributes":{"enabled":true,"nbf":1767323045,"exp":1798859045,"created":1767323045,"updated":1767323045,
            "recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},"tags":{"a":"b"}}
            """.ReplaceLineEndings("").Replace("{v}", KeyVaultStage.VersionOf(bundle), StringComparison.Ordinal).Replace(
                "{n}",
                FixedKey.Modulus,
                StringComparison.Ordinal
            ),
            JsonSerializer.Serialize(bundle, KeyVaultJson.Rest.KeyBundle)
        );
    }

    [Fact]
    public async Task DeletedBundle_SaysWhenItGoes()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var created = await stage.Owner.CreateKeyAsync("ec", new() { Kty = "EC" });
        var json = JsonSerializer.Serialize(await stage.Owner.DeleteKeyAsync("ec"), KeyVaultJson.Rest.KeyBundle);
        Assert.Equal(
            """
            {"key":{"kid":"{kid}","kty":"EC","key_ops":["sign","verify"],"crv":"P-256","x":"{x}","y":"{y}"},
            "attributes":{"enabled":true,"created":1767323045,"updated":1767323045,
            "recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},
            "recoveryId":"https://kv1.vault.localhost/deletedkeys/ec","deletedDate":1767323045,"scheduledPurgeDate":1775099045}
            """.ReplaceLineEndings("").Replace("{kid}", created.Key.Kid, StringComparison.Ordinal).Replace(
                "{x}",
                created.Key.X,
                StringComparison.Ordinal
            ).Replace("{y}", created.Key.Y, StringComparison.Ordinal),
            json
        );
        Assert.Equal((43, 43), (created.Key.X?.Length, created.Key.Y?.Length));
    }

    [Fact]
    public async Task Items_HaveTheirIdsOutside()
    {
        var stage = await KeyVaultStage.CreateAsync(softDelete: false);
        await stage.CreateRsaAsync();
        Assert.Equal(
            """
            [{"kid":"https://kv1.vault.localhost/keys/kek",
            "attributes":{"enabled":true,"created":1767323045,"updated":1767323045,"recoveryLevel":"Purgeable"}}]
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(await stage.Owner.ListKeysAsync(), KeyVaultJson.Rest.IReadOnlyListKeyItem)
        );
    }

    [Theory]
    [InlineData(false, "null")]
    [InlineData(true, "true")]
    public async Task Vault_IsAsAzShows(bool purgeProtection, string printed)
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: purgeProtection);
        await stage.AllowAsync("wrapKey", "get");
        Assert.Equal(
            """
            {"id":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults/kv1",
            "name":"kv1","location":"westeurope",
            "properties":{"vaultUri":"https://kv1.vault.localhost/","tenantId":"11111111-2222-3333-4444-555555555555",
            "enableSoftDelete":true,"softDeleteRetentionInDays":90,"enablePurgeProtection":{p},"enableRbacAuthorization":false,
            "networkAcls":{"bypass":"AzureServices","defaultAction":"Allow"},
            "accessPolicies":[{"objectId":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee","tenantId":"11111111-2222-3333-4444-555555555555",
            "permissions":{"keys":["get","wrapKey"]}}]}}
            """.ReplaceLineEndings("").Replace("{p}", printed, StringComparison.Ordinal),
            JsonSerializer.Serialize(await stage.Vaults.ShowAsync("kv1"), KeyVaultJson.Rest.KeyVaultResource)
        );
    }

    [Fact]
    public async Task Vault_WithRoles_ShowsThem()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.Vaults.AssignRoleAsync("kv1", KeyVaultStage.Identity, KeyVaultRoles.CryptoOfficer);
        Assert.Null((await stage.Vaults.ShowAsync("kv1")).Properties.RoleAssignments);

        var shown = await stage.Vaults.UpdateAsync("kv1", new() { EnableRbacAuthorization = true });

        Assert.Equal([new(KeyVaultStage.Identity, KeyVaultRoles.CryptoOfficer)], shown.Properties.RoleAssignments);
    }

    private static async Task<KeyBundle> CreateFixedAsync(KeyCreation request)
    {
        var stage = await KeyVaultStage.CreateAsync(store: new MemoryBlobStore());
        var vaults = new LocalKeyVaults(
            stage.Store,
            stage.Time,
            KeyVaultStage.Tenant,
            _ =>
            {
                var rsa = RSA.Create();
                rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(FixedKey.Pkcs8), out var _);
                return rsa;
            }
        );
        return await vaults.Open(KeyVaultStage.Host, KeyVaultCaller.Owner).CreateKeyAsync("kek", request);
    }
}
