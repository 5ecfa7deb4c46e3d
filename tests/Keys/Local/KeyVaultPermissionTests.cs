using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Tests.Keys.Local;

public sealed class KeyVaultPermissionTests
{
    private static readonly string[] Permissions =
    [
        "get",
        "list",
        "create",
        "update",
        "delete",
        "recover",
        "purge",
        "wrapKey",
        "unwrapKey",
        "rotate",
    ];

    [Fact]
    public async Task EachPermissionAlone_AllowsItsOperationsOnly()
    {
        var stage = await KeyVaultStage.CreateAsync();
        foreach (var permission in Permissions)
        {
            await stage.AllowAsync(permission);
            foreach (var (needed, call) in Operations(stage, KeyVaultCaller.Principal(KeyVaultStage.Identity)))
            {
                var outcome = await KeyVaultStage.OutcomeOf(call);
                Assert.Equal((permission, needed, needed != permission), (permission, needed, outcome == "403 ForbiddenByPolicy"));
            }
        }
    }

    [Fact]
    public async Task All_DoesNotAllowToPurge()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.AllowAsync("ALL");
        foreach (var (needed, call) in Operations(stage, KeyVaultCaller.Principal(KeyVaultStage.Identity)))
            Assert.Equal((needed, needed == "purge"), (needed, await KeyVaultStage.OutcomeOf(call) == "403 ForbiddenByPolicy"));
        await stage.AllowAsync("all", "purge");
        Assert.Equal(["purge", "all"], Assert.Single((await stage.Vaults.ShowAsync("kv1")).Properties.AccessPolicies).Permissions.Keys);
    }

    [Fact]
    public async Task NoPermission_AnswersTheSameForAMissingKey()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        foreach (var (_, call) in Operations(stage, KeyVaultCaller.Principal(KeyVaultStage.Identity)))
            Assert.Equal("403 ForbiddenByPolicy", await KeyVaultStage.OutcomeOf(call));
        var present = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Principal.GetKeyAsync("kek", null));
        var missing = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Principal.GetKeyAsync("nothing", null));
        Assert.Equal(present.Message, missing.Message);
    }

    [Fact]
    public async Task Owner_NeedsNoPolicy()
    {
        var stage = await KeyVaultStage.CreateAsync(rbac: true);
        foreach (var (_, call) in Operations(stage, KeyVaultCaller.Owner))
            Assert.NotEqual("403", (await KeyVaultStage.OutcomeOf(call))[..3]);
    }

    [Fact]
    public async Task ForbiddenByPolicy_SpeaksAsTheService()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() =>
            stage.Vaults.Open(KeyVaultStage.Host, KeyVaultCaller.Principal("me", "app")).UnwrapKeyAsync(Id("k"), new byte[256])
        );
        Assert.Equal(("Forbidden", KeyVaultFault.NoPermission, KeyVaultVerdict.Denied), (refused.Code, refused.Fault, refused.Verdict));
        Assert.Equal(
            $"The user, group or application 'appid=app;oid=me;iss=https://sts.windows.net/{KeyVaultStage.Tenant}/' does not have keys "
                + "unwrapKey permission on key vault 'kv1;location=westeurope'. For help resolving this issue, please see "
                + "https://go.microsoft.com/fwlink/?linkid=2125287",
            refused.Message
        );
    }

    [Fact]
    public async Task SetPolicy_ReadsNamesInAnyCaseAndKeepsTheCanonicalOnes()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var vault = await stage.Vaults.SetPolicyAsync("kv1", "me", ["UNWRAPKEY", "wrapkey", "Get", "get", "GetRotationPolicy"]);
        Assert.Equal(["get", "wrapKey", "unwrapKey", "getrotationpolicy"], Assert.Single(vault.Properties.AccessPolicies).Permissions.Keys);
    }

    [Theory]
    [InlineData("me", "fetch")]
    [InlineData("me", "")]
    [InlineData("", "get")]
    [InlineData("not an id", "get")]
    public async Task SetPolicy_WithAnUnknownNameOrNoPrincipal_IsRefused(string objectId, string permission)
    {
        var stage = await KeyVaultStage.CreateAsync();
        Assert.Equal("400 BadRequest", await KeyVaultStage.OutcomeOf(() => stage.Vaults.SetPolicyAsync("kv1", objectId, [permission])));
        Assert.Empty((await stage.Vaults.ShowAsync("kv1")).Properties.AccessPolicies);
    }

    [Fact]
    public async Task SetPolicy_ReplacesWhatThePrincipalHad()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        await stage.AllowAsync("all");
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Principal.GetKeyAsync("kek", null)));
        await stage.Vaults.SetPolicyAsync("kv1", KeyVaultStage.Identity.ToUpperInvariant(), ["list"]);
        Assert.Equal("403 ForbiddenByPolicy", await KeyVaultStage.OutcomeOf(() => stage.Principal.GetKeyAsync("kek", null)));
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Principal.ListVersionsAsync("kek")));
        Assert.Single((await stage.Vaults.ShowAsync("kv1")).Properties.AccessPolicies);
    }

    [Fact]
    public async Task DeletePolicy_TakesEverythingAwayOnce()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.AllowAsync("all");
        await stage.Vaults.DeletePolicyAsync("kv1", KeyVaultStage.Identity);
        Assert.Equal("403 ForbiddenByPolicy", await KeyVaultStage.OutcomeOf(() => stage.Principal.GetKeyAsync("kek", null)));
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.DeletePolicyAsync("kv1", KeyVaultStage.Identity));
        Assert.Equal("No matching policies found", refused.Message);
    }

    [Fact]
    public async Task Rbac_IgnoresAccessPolicies()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.AllowAsync("all");
        await stage.Vaults.UpdateAsync("kv1", new() { EnableRbacAuthorization = true });
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Principal.GetKeyAsync("kek", null));
        Assert.Equal(("Forbidden", "ForbiddenByRbac", KeyVaultFault.NoPermission), (refused.Code, refused.InnerCode, refused.Fault));
        Assert.Equal(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were "
                + "changed recently, please observe propagation time.\r\n"
                + $"Caller: oid={KeyVaultStage.Identity};iss=https://sts.windows.net/{KeyVaultStage.Tenant}/\r\n"
                + "Action: 'Microsoft.KeyVault/vaults/keys/read'\r\n"
                + "Resource: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
                + "Microsoft.KeyVault/vaults/kv1/keys/kek'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
                + "DecisionReason: null \r\nVault: kv1;location=westeurope\r\n",
            refused.Message
        );
        Assert.Equal("400 BadRequest", await KeyVaultStage.OutcomeOf(() => stage.AllowAsync("get")));
    }

    [Theory]
    [InlineData(KeyVaultRoles.CryptoOfficer, "get list create update delete recover purge wrapKey unwrapKey rotate")]
    [InlineData(KeyVaultRoles.CryptoServiceEncryptionUser, "get list wrapKey unwrapKey")]
    public async Task Rbac_EachRole_AllowsWhatItIsFor(string role, string allowed)
    {
        var stage = await KeyVaultStage.CreateAsync(rbac: true);
        await stage.Vaults.AssignRoleAsync("kv1", KeyVaultStage.Identity, role.ToUpperInvariant());
        foreach (var (needed, call) in Operations(stage, KeyVaultCaller.Principal(KeyVaultStage.Identity)))
        {
            var outcome = await KeyVaultStage.OutcomeOf(call);
            Assert.Equal((needed, !allowed.Split(' ').Contains(needed)), (needed, outcome == "403 ForbiddenByRbac"));
        }
        await stage.Vaults.RemoveRoleAsync("kv1", KeyVaultStage.Identity, role);
        Assert.Equal("403 ForbiddenByRbac", await KeyVaultStage.OutcomeOf(() => stage.Principal.GetKeyAsync("kek", null)));
    }

    [Fact]
    public async Task Rbac_UnknownRole_IsRefused()
    {
        var stage = await KeyVaultStage.CreateAsync(rbac: true);
        Assert.Equal("400 BadRequest", await KeyVaultStage.OutcomeOf(() => stage.Vaults.AssignRoleAsync("kv1", "me", "Owner")));
    }

    [Fact]
    public async Task Firewall_LetsOnlyTrustedServicesIn()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        await stage.AllowAsync("get");
        await stage.Vaults.UpdateAsync("kv1", new() { DefaultAction = NetworkDefaultAction.Deny });
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Principal.GetKeyAsync("kek", null));
        Assert.Equal((403, "ForbiddenByFirewall", KeyVaultFault.ForbiddenByFirewall), (refused.Status, refused.InnerCode, refused.Fault));
        Assert.StartsWith(
            "Client address is not authorized and caller is not a trusted service.\r\n",
            refused.Message,
            StringComparison.Ordinal
        );
        var trusted = stage.Vaults.Open(KeyVaultStage.Host, KeyVaultCaller.Principal(KeyVaultStage.Identity, isTrustedService: true));
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => trusted.GetKeyAsync("kek", null)));
        Assert.Equal("403 ForbiddenByPolicy", await KeyVaultStage.OutcomeOf(() => trusted.ListVersionsAsync("kek")));
    }

    [Theory]
    [InlineData("other.vault.localhost")]
    [InlineData("kv1.vault.azure.net")]
    [InlineData("kv1.vault.localhost:8443")]
    [InlineData("../kv1.vault.localhost")]
    [InlineData(".vault.localhost")]
    public async Task UnknownHost_IsUnreachableAndNoDenial(string host)
    {
        var stage = await KeyVaultStage.CreateAsync();
        foreach (var caller in new[] { KeyVaultCaller.Owner, KeyVaultCaller.Principal("me") })
        {
            var failed = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.Open(host, caller).GetKeyAsync("kek", null));
            Assert.Equal((0, KeyVaultFault.Unreachable, KeyVaultVerdict.Unreachable), (failed.Status, failed.Fault, failed.Verdict));
        }
    }

    [Fact]
    public async Task KeyOfAnotherHost_IsAMistakeOfTheCaller()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var elsewhere = KeyId.Parse("https://kv2.vault.localhost/keys/k");
        await Assert.ThrowsAsync<ArgumentException>(() => stage.Owner.WrapKeyAsync(elsewhere, new byte[32]));
        await Assert.ThrowsAsync<ArgumentException>(() => stage.Owner.UnwrapKeyAsync(elsewhere, new byte[256]));
    }

    private static KeyId Id(string name) => KeyId.Parse($"https://{KeyVaultStage.Host}/keys/{name}");

    // Without the key there is nothing to do but to be allowed or not.
    private static IEnumerable<(string Permission, Func<Task> Call)> Operations(KeyVaultStage stage, KeyVaultCaller caller)
    {
        var keys = stage.Vaults.Open(KeyVaultStage.Host, caller);
        yield return ("get", () => keys.GetKeyAsync("k", null));
        yield return ("get", () => keys.GetKeyBundleAsync("k"));
        yield return ("get", () => keys.GetDeletedKeyAsync("k"));
        yield return ("list", () => keys.ListVersionsAsync("k"));
        yield return ("list", () => keys.ListKeyVersionsAsync("k"));
        yield return ("list", () => keys.ListKeysAsync());
        yield return ("list", () => keys.ListDeletedKeysAsync());
        yield return ("create", () => keys.CreateKeyAsync("made", new() { Kty = "EC" }));
        yield return ("update", () => keys.UpdateKeyAsync("k", null, new() { Enabled = false }));
        yield return ("delete", () => keys.DeleteKeyAsync("k"));
        yield return ("recover", () => keys.RecoverDeletedKeyAsync("k"));
        yield return ("purge", () => keys.PurgeDeletedKeyAsync("k"));
        yield return ("rotate", () => keys.RotateKeyAsync("k"));
        yield return ("wrapKey", () => keys.WrapKeyAsync(Id("k"), new byte[32]));
        yield return ("unwrapKey", () => keys.UnwrapKeyAsync(Id("k"), new byte[256]));
    }
}
