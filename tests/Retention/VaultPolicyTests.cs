using RecoveryVault.Errors;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Retention;

public sealed class VaultPolicyTests
{
    private static readonly VaultRecord Empty = New();

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void Create_BadName_IsRefused(string name) => Refused(ErrorCodes.InvalidName, () => Empty.CreatePolicy(Request(name, last: 1)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(RetentionRules.MaxCount + 1)]
    public void Create_KeepsNothingOrTooMuch_IsRefused(int last) =>
        Refused(ErrorCodes.InvalidRequest, () => Empty.CreatePolicy(Request("p", last: last)));

    [Fact]
    public void Create_NameTakenInAnotherCase_IsRefused() =>
        Refused(
            ErrorCodes.PolicyAlreadyExists,
            () => Empty.CreatePolicy(Request("Daily", last: 1)).CreatePolicy(Request("dAILY", last: 2))
        );

    [Fact]
    public void Create_OneMoreThanTheLimit_IsRefused()
    {
        var full = Enumerable.Range(0, VaultRecord.MaxPolicies).Aggregate(Empty, (v, i) => v.CreatePolicy(Request($"p{i}", last: 1)));

        Refused(ErrorCodes.PolicyLimitReached, () => full.CreatePolicy(Request("one-more", last: 1)));
        Assert.Equal("P7", full.SetPolicy(Request("P7", daily: 3)).RequirePolicy("p7").Name, ignoreCase: true);
    }

    [Fact]
    public void Set_SomeRules_LeavesTheOthers()
    {
        var vault = Empty.CreatePolicy(Request("p", last: 3, daily: 7));

        Assert.Equal(new RetentionRules { Last = 3, Daily = 14 }, vault.SetPolicy(Request("P", daily: 14)).RequirePolicy("p").Rules);
        Assert.Equal(new RetentionRules { Daily = 7 }, vault.SetPolicy(Request("p", last: 0)).RequirePolicy("p").Rules);
        Assert.Same(vault, vault.SetPolicy(Request("p", last: 3)));
        Refused(ErrorCodes.InvalidRequest, () => vault.SetPolicy(Request("p", last: 0, daily: 0)));
        Refused(ErrorCodes.PolicyNotFound, () => vault.SetPolicy(Request("q", last: 1)));
    }

    [Fact]
    public void Delete_Followed_IsRefusedAndNamesThem()
    {
        var vault = Empty.CreatePolicy(Request("p", last: 1));

        var refusal = Refused(ErrorCodes.PolicyInUse, () => vault.DeletePolicy("p", ["home", "mail"]));

        Assert.Contains("home, mail", refusal.Message, StringComparison.Ordinal);
        Assert.Null(vault.DeletePolicy("P", []).FindPolicy("p"));
        Refused(ErrorCodes.PolicyNotFound, () => vault.DeletePolicy("q", []));
    }

    private static ChangePolicy Request(string name, int? last = null, int? daily = null) =>
        new()
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Last = last,
            Daily = daily,
        };

    private static VaultException Refused(string code, Func<VaultRecord> change)
    {
        var refusal = Assert.Throws<VaultException>(change);
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
