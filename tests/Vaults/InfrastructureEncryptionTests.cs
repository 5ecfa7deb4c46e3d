using RecoveryVault.Errors;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>R48 on the vault's record: chosen with the first key, and never changed.</summary>
[Trait("Requirement", "R48")]
public sealed class InfrastructureEncryptionTests
{
    private static VaultRecord WithFirstKey(bool? wanted) => New().WithIdentity().ChooseInfrastructureEncryption(wanted).WithKey();

    private static string? CodeOfChange(VaultRecord vault, bool? wanted) =>
        CodeOf(() => vault.RequireKeyChange(Update(Key.ToString()) with { InfrastructureEncryption = wanted }));

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(null, true)]
    public void OtherValue_WithALaterKey_IsRefused(bool? first, bool later)
    {
        var vault = WithFirstKey(first);

        Assert.Equal(ErrorCodes.UserErrorInfrastructureEncryptionImmutable, CodeOfChange(vault, later));
        Assert.Equal(ErrorCodes.UserErrorInfrastructureEncryptionImmutable, CodeOf(() => vault.ChooseInfrastructureEncryption(later)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SameValueOrNone_WithALaterKey_IsFineAndChangesNothing(bool wanted)
    {
        var vault = WithFirstKey(wanted);

        Assert.Null(CodeOfChange(vault, wanted));
        Assert.Null(CodeOfChange(vault, null));
        Assert.Same(vault, vault.ChooseInfrastructureEncryption(wanted));
        Assert.Same(vault, vault.ChooseInfrastructureEncryption(null));
    }

    [Theory]
    [InlineData(true, "Enabled")]
    [InlineData(false, "Disabled")]
    [InlineData(null, "Disabled")]
    public void FirstKey_Chooses(bool? wanted, string shown) =>
        Assert.Equal(shown, WithFirstKey(wanted).ToEncryptionSummary().InfrastructureEncryptionState);

    /// <summary>A first key that was refused settled nothing.</summary>
    [Fact]
    public void RefusedFirstKey_LeavesTheChoice()
    {
        var vault = New().WithIdentity().FailKeyUpdate();

        Assert.Equal("Disabled", vault.ToEncryptionSummary().InfrastructureEncryptionState);
        Assert.Null(CodeOfChange(vault, true));
    }

    /// <summary>Whatever was asked for, a vault somebody tried to protect an item in keeps platform-managed keys and one layer.</summary>
    [Fact]
    public void AttemptedVault_NeverGetsIt() =>
        Assert.Equal(
            ErrorCodes.UserErrorCMKProtectionAttempted,
            CodeOfChange(New().WithIdentity().Attempt(Guid.NewGuid(), Now), wanted: true)
        );
}
