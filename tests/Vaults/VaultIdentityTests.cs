using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Vaults;

/// <summary>Which identities a vault has, and which of them opens its key.</summary>
public sealed class VaultIdentityTests
{
    private static UserAssignedIdentity Identity(string name) =>
        new($"/subscriptions/s/{name}", name, $"oid-{name}", $"app-{name}", "tenant");

    private static UpdateEncryption With(string? user = null, bool system = false, string? uri = null) =>
        VaultSamples.Update(uri ?? VaultSamples.Key.ToString()) with
        {
            UserAssignedIdentity = user,
            UseSystemAssignedIdentity = system,
        };

    private static string CodeOf(Func<VaultRecord> change) => Assert.Throws<VaultException>(change).Code;

    private static VaultRecord Opened(string user) =>
        VaultSamples.New().AssignUserIdentities([Identity(user)]).UseIdentity(With(user)).WithKey();

    [Fact]
    [Trait("Requirement", "R21")]
    public void R21_BothIdentities_AreRefused() =>
        Assert.Equal(ErrorCodes.InvalidRequest, CodeOf(() => Opened("a").UseIdentity(With("a", system: true))));

    [Theory]
    [Trait("Requirement", "R22")]
    [InlineData("b")]
    [InlineData("/subscriptions/s/b")]
    [InlineData("")]
    public void R22_IdentityThatIsNotTheVaults_IsRefused(string asked) =>
        Assert.Equal(
            ErrorCodes.UserErrorCMKVaultIdentityMissing,
            CodeOf(() => VaultSamples.New().AssignUserIdentities([Identity("a")]).UseIdentity(With(asked)))
        );

    [Theory]
    [Trait("Requirement", "R22")]
    [InlineData("a")]
    [InlineData("A")]
    [InlineData("/SUBSCRIPTIONS/s/a")]
    public void R22_IdentityOfTheVault_IsFoundByNameAndIdInAnyCase(string asked)
    {
        var vault = VaultSamples.New().AssignUserIdentities([Identity("a")]).UseIdentity(With(asked));

        Assert.Equal("user-assigned:oid-a", vault.KeyPrincipal);
    }

    [Fact]
    [Trait("Requirement", "R23")]
    public void R23_IdentityThatOpensTheKey_CannotBeRemoved_OthersCan()
    {
        var vault = Opened("a").WithIdentity().AssignUserIdentities([Identity("b")]);

        Assert.Equal(ErrorCodes.UserErrorCMKIdentityInUse, CodeOf(() => vault.RemoveUserIdentities(["A"])));
        var left = vault.RemoveUserIdentities(["b"]).RemoveSystemIdentity();
        Assert.Equal(IdentityTypes.UserAssigned, left.ToIdentity().Type);
        Assert.Equal(
            ErrorCodes.UserErrorCMKIdentityInUse,
            CodeOf(() => VaultSamples.New().WithIdentity().WithKey().RemoveSystemIdentity())
        );
    }

    [Fact]
    [Trait("Requirement", "R24")]
    public void R24_Types_AreAzures()
    {
        var vault = VaultSamples.New();

        Assert.Equal("None", vault.ToIdentity().Type);
        Assert.Equal("SystemAssigned", vault.WithIdentity().ToIdentity().Type);
        Assert.Equal("UserAssigned", vault.AssignUserIdentities([Identity("a")]).ToIdentity().Type);
        var both = vault.WithIdentity().AssignUserIdentities([Identity("a"), Identity("b"), Identity("A")]);
        Assert.Equal("SystemAssigned, UserAssigned", both.ToIdentity().Type);
        Assert.Equal(["/subscriptions/s/a", "/subscriptions/s/b"], both.ToIdentity().UserAssigned.Select(i => i.Id));
        Assert.Same(both, both.AssignUserIdentities([Identity("B")]));
    }

    [Fact]
    [Trait("Requirement", "R23")]
    [Trait("Requirement", "R24")]
    public void R23_R24_IdentityMadeAgain_TakesThePlaceOfTheOneItWas()
    {
        var vault = Opened("a").AssignUserIdentities([Identity("b")]);
        var again = Identity("A") with { PrincipalId = "oid-2", ClientId = "app-2" };

        var renewed = vault.AssignUserIdentities([again, Identity("c")]);

        Assert.Equal("user-assigned:oid-2", renewed.KeyPrincipal);
        Assert.Equal(
            [("/subscriptions/s/a", "oid-2"), ("/subscriptions/s/b", "oid-b"), ("/subscriptions/s/c", "oid-c")],
            renewed.ToIdentity().UserAssigned.Select(i => (i.Id, i.PrincipalId))
        );
        Assert.Same(renewed, renewed.AssignUserIdentities([again with { PrincipalId = "" }]));
        Assert.Equal(ErrorCodes.UserErrorCMKIdentityInUse, CodeOf(() => renewed.RemoveUserIdentities(["a"])));
    }

    [Fact]
    public void TooManyIdentities_AreRefused()
    {
        var full = VaultSamples.New().AssignUserIdentities(Enumerable.Range(0, 20).Select(i => Identity($"i{i}")));

        Assert.Equal(ErrorCodes.InvalidRequest, CodeOf(() => full.AssignUserIdentities([Identity("one-more")])));
        Assert.Throws<VaultException>(() => VaultRecord.Require(new ChangeIdentity(Guid.NewGuid()) { SystemAssigned = false }));
    }

    [Fact]
    [Trait("Requirement", "R27")]
    public void R27_KeyAndIdentityAtOnce_AreRefused_OneAfterTheOtherIsFine()
    {
        var vault = Opened("a").WithIdentity();
        var other = VaultSamples.Key + "-2";

        Assert.Equal(ErrorCodes.InvalidRequest, CodeOf(() => vault.UseIdentity(With(system: true, uri: other))));

        var moved = vault.UseIdentity(With(system: true));
        Assert.Equal(VaultSamples.Principal, moved.KeyPrincipal);
        Assert.Same(moved, moved.UseIdentity(With(uri: other)));
        Assert.Equal("SystemAssigned", moved.ToEncryptionSummary().Identity);
        Assert.Equal("/subscriptions/s/a", vault.ToEncryptionSummary().Identity);
    }

    [Fact]
    public void Principal_OfAnIdentityOnlyAzureKnows_IsItsResourceId()
    {
        var vault = VaultSamples.New().AssignUserIdentities([new("/subscriptions/s/x", "x", "", "", "")]).UseIdentity(With("x"));

        Assert.Equal(new VaultPrincipal("/subscriptions/s/x", true), VaultPrincipal.Parse(vault.KeyPrincipal ?? ""));
        Assert.Equal(new VaultPrincipal("oid", false), VaultPrincipal.Parse("oid"));
    }
}
