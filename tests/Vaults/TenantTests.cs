using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>A vault in another tenant than its identity: no key vault need refuse what is not even asked.</summary>
public sealed class TenantTests
{
    private const string Tenant = "99999999-8888-7777-6666-555555555555";

    private static MoveVault To(string tenantId) => new(Guid.NewGuid(), null, null, tenantId);

    [Fact]
    [Trait("Requirement", "R63")]
    public void KeyPrincipal_VaultMovedToAnotherTenant_IsNoneUntilTheIdentityIsMadeAnew()
    {
        var vault = New().WithIdentity();
        var moved = vault.Move(To(Tenant));

        Assert.True(moved.IsIdentityForeign);
        Assert.Null(moved.KeyPrincipal);

        var anew = moved.AssignSystemIdentity("another");
        Assert.False(anew.IsIdentityForeign);
        Assert.Contains("another", anew.KeyPrincipal, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Requirement", "R63")]
    public void KeyPrincipal_VaultMovedThereAndBack_IsTheOldOne()
    {
        var vault = New().Move(To(Tenant)).WithIdentity();

        var home = vault.Move(To(Tenant.Replace('9', '1'))).Move(To(Tenant));

        Assert.False(home.IsIdentityForeign);
        Assert.Equal(vault.KeyPrincipal, home.KeyPrincipal);
    }
}
