using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Vaults;

/// <summary>The preconditions of a customer-managed key, each alone and in their order.</summary>
public sealed class CmkPreconditionsTests
{
    /// <summary>Every way to violate a precondition, in the order they are reported, with its code.</summary>
    private static readonly (string Code, Func<(VaultRecord Vault, KeyFacts Facts), (VaultRecord, KeyFacts)> Violate)[] Violations =
    [
        (ErrorCodes.UserErrorCMKProtectionAttempted, s => (s.Vault.Attempt(Guid.NewGuid(), Now), s.Facts)),
        (
            ErrorCodes.UserErrorCMKVaultIdentityMissing,
            s => (s.Vault with { Settings = s.Vault.Settings with { SystemPrincipalId = null } }, s.Facts)
        ),
        (
            ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault,
            s => (s.Vault, s.Facts with { WrapFault = Fault(KeyVaultFault.NoPermission) })
        ),
        (ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault, s => (s.Vault, s.Facts.With(p => p with { RecoveryLevel = "Purgeable" }))),
        (
            ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault,
            s => (s.Vault, s.Facts.With(p => p.RecoveryLevel == "Purgeable" ? p : p with { RecoveryLevel = "Recoverable+Purgeable" }))
        ),
        (
            ErrorCodes.UserErrorCMKKeyTypeNotSupported,
            s => (s.Vault, s.Facts.Key is { } key ? s.Facts with { Key = key with { KeyType = "EC", SizeBits = 256 } } : s.Facts)
        ),
        (ErrorCodes.UserErrorCMKKeyDisabled, s => (s.Vault, s.Facts.With(p => p with { Enabled = false }))),
        (ErrorCodes.UserErrorCMKKeyExpired, s => (s.Vault, s.Facts.With(p => p with { ExpiresOn = Now }))),
        (ErrorCodes.UserErrorCMKKeyNotYetValid, s => (s.Vault, s.Facts.With(p => p with { NotBefore = Now.AddSeconds(1) }))),
        (
            ErrorCodes.UserErrorCMKKeyVaultRegionMismatch,
            s => (s.Vault, s.Facts.Key is { } key ? s.Facts with { Key = key with { VaultLocation = "eastus" } } : s.Facts)
        ),
    ];

    [Fact]
    [Trait("Requirement", "R17")]
    public void R17_EachPreconditionViolatedAlone_HasItsOwnCode()
    {
        foreach (var (code, violate) in Violations)
        {
            var (vault, facts) = violate((New().WithIdentity(), Facts));
            Assert.Equal(code, CodeOf(() => CmkPreconditions.Require(vault, facts, Now)));
        }
        Assert.Equal(Violations.Length, Violations.Select(v => v.Code).Distinct().Count());
    }

    [Fact]
    [Trait("Requirement", "R17")]
    public void R17_AnySetOfViolations_IsReportedFromTheFirstOn() =>
        Gen
            .Bool.Array[Violations.Length]
            .Sample(
                chosen =>
                {
                    var state = (Vault: New().WithIdentity(), Facts);
                    foreach (var (isChosen, (_, violate)) in chosen.Zip(Violations))
                        state = isChosen ? violate(state) : state;
                    var expected = chosen.Zip(Violations).Where(c => c.First).Select(c => c.Second.Code).FirstOrDefault();

                    Assert.Equal(expected, CodeOf(() => CmkPreconditions.Require(state.Vault, state.Facts, Now)));
                },
                iter: TestScale.Iterations(500)
            );

    [Fact]
    [Trait("Requirement", "R20")]
    public void R20_VaultWithoutIdentity_IsRefusedAndTheRestIsUnknown()
    {
        var list = CmkPreconditions.Check(New(), null, Now).ToList();

        Assert.Equal([true, false, null, null, null, null], list.Select(e => e.Met));
        Assert.Equal(ErrorCodes.UserErrorCMKVaultIdentityMissing, CodeOf(() => CmkPreconditions.Require(New(), null, Now)));
    }

    [Theory]
    [Trait("Requirement", "R30")]
    [InlineData("get")]
    [InlineData("list")]
    [InlineData("wrapKey")]
    [InlineData("unwrapKey")]
    public void R30_OnePermissionMissing_IsNamedAlone(string missing)
    {
        var fault = Fault(KeyVaultFault.NoPermission);
        var facts = missing switch
        {
            "get" => Facts with { Key = null, GetFault = fault },
            "list" => Facts with { ListFault = fault },
            "wrapKey" => Facts with { WrapFault = fault },
            _ => Facts with { UnwrapFault = fault },
        };

        var refusal = Assert.Throws<VaultException>(() => CmkPreconditions.Require(New().WithIdentity(), facts, Now));

        Assert.Equal(ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault, refusal.Code);
        Assert.Contains($"lacks {missing} on", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Principal, refusal.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Requirement", "R30")]
    public void R30_KeyVaultThatCannotBeReached_IsAuthFailure()
    {
        var facts = Facts with { Key = null, GetFault = Fault(KeyVaultFault.KeyNotFound, 404) };
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, CodeOf(() => CmkPreconditions.Require(New().WithIdentity(), facts, Now)));
    }

    [Theory]
    [Trait("Requirement", "R32")]
    [Trait("Requirement", "R33")]
    [InlineData("Purgeable", ErrorCodes.UserErrorCMKSoftDeleteNotEnabledOnKeyVault)]
    [InlineData("Recoverable+Purgeable", ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault)]
    [InlineData("CustomizedRecoverable+Purgeable", ErrorCodes.UserErrorCMKPurgeProtectionNotEnabledOnKeyVault)]
    [InlineData("CustomizedRecoverable", null)]
    [InlineData("Recoverable", null)]
    public void R32_R33_RecoveryLevel_Decides(string level, string? code) =>
        Assert.Equal(
            code,
            CodeOf(() => CmkPreconditions.Require(New().WithIdentity(), Facts.With(p => p with { RecoveryLevel = level }), Now))
        );

    [Theory]
    [Trait("Requirement", "R34")]
    [InlineData("RSA", 2048, true)]
    [InlineData("RSA", 3072, true)]
    [InlineData("RSA-HSM", 4096, true)]
    [InlineData("RSA", 1024, false)]
    [InlineData("EC", 256, false)]
    [InlineData("EC-HSM", 384, false)]
    [InlineData("oct-HSM", 256, false)]
    public void R34_KeyType_MustBeRsa(string type, int bits, bool isMet)
    {
        var facts = Facts with { Key = Facts.Key! with { KeyType = type, SizeBits = bits } };
        Assert.Equal(
            isMet ? null : ErrorCodes.UserErrorCMKKeyTypeNotSupported,
            CodeOf(() => CmkPreconditions.Require(New().WithIdentity(), facts, Now))
        );
    }

    [Fact]
    [Trait("Requirement", "R35")]
    public void R35_TimeWindow_CountsToTheSecond()
    {
        string? Code(DateTimeOffset? from, DateTimeOffset? to) =>
            CodeOf(() => CmkPreconditions.Require(New().WithIdentity(), Facts.With(p => p with { NotBefore = from, ExpiresOn = to }), Now));

        Assert.Null(Code(Now, Now.AddSeconds(1)));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyNotYetValid, Code(Now.AddSeconds(1), null));
        Assert.Equal(ErrorCodes.UserErrorCMKKeyExpired, Code(null, Now));
    }

    [Theory]
    [Trait("Requirement", "R36")]
    [InlineData("West US", "westus", true)]
    [InlineData("westus", "WestUS", true)]
    [InlineData("westus2", "westus", false)]
    [InlineData("westeurope", "northeurope", false)]
    public void R36_Regions_AreComparedWithoutSpacesAndCase(string vault, string keyVault, bool isSame)
    {
        var facts = Facts with { Key = Facts.Key! with { VaultLocation = keyVault } };
        Assert.Equal(
            isSame ? null : ErrorCodes.UserErrorCMKKeyVaultRegionMismatch,
            CodeOf(() => CmkPreconditions.Require(New(vault).WithIdentity(), facts, Now))
        );
    }

    [Fact]
    [Trait("Requirement", "R15")]
    public void R15_Checklist_ShowsEveryStepWithItsFix()
    {
        foreach (var (code, violate) in Violations)
        {
            var (vault, facts) = violate((New().WithIdentity(), Facts));
            var unmet = CmkPreconditions.Check(vault, facts, Now).Where(e => e.Met != true).ToList();
            Assert.Equal(code, unmet[0].Code);
            Assert.All(unmet, e => Assert.NotEmpty(e.Fix));
        }
        var met = CmkPreconditions.Check(New().WithIdentity(), Facts, Now).ToList();
        Assert.All(met, e => Assert.True(e.Met));
        Assert.Equal([0, 1, 2, 3, 3, 4, 4, 4], met.Select(e => e.Step));
    }
}
