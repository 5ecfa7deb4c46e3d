using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Retention;

public sealed class VaultPolicyTests
{
    private static readonly VaultRecord Empty = New();

    private static readonly TrustedTime Times = new(Now, Now, Now, Now);

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
        Assert.Equal("P7", full.SetPolicy(Request("P7", daily: 3), Times).RequirePolicy("p7").Name, ignoreCase: true);
    }

    [Fact]
    public void Set_SomeRules_LeavesTheOthers()
    {
        var vault = Empty.CreatePolicy(Request("p", last: 3, daily: 7));

        Assert.Equal(new RetentionRules { Last = 3, Daily = 14 }, vault.SetPolicy(Request("P", daily: 14), Times).RequirePolicy("p").Rules);
        Assert.Equal(new RetentionRules { Daily = 7 }, vault.SetPolicy(Request("p", last: 0), Times).RequirePolicy("p").Rules);
        Assert.Same(vault, vault.SetPolicy(Request("p", last: 3), Times));
        Refused(ErrorCodes.InvalidRequest, () => vault.SetPolicy(Request("p", last: 0, daily: 0), Times));
        Refused(ErrorCodes.PolicyNotFound, () => vault.SetPolicy(Request("q", last: 1), Times));
    }

    [Fact]
    public void Set_KeepsLess_GoesOnKeepingForThePeriodOfDeletions()
    {
        var (eight, three) = (new RetentionRules { Last = 8 }, new RetentionRules { Last = 3 });
        var vault = Empty.CreatePolicy(Request("p", last: 8)).SetPolicy(Request("p", last: 3), Times);

        Assert.Equal(new RetentionPolicy("p", three, new(eight, Now.AddDays(14))), vault.RequirePolicy("p"));
        // Less again, and from a clock that jumped ahead: what was kept stays, for longer.
        var jumped = new TrustedTime(Now.AddDays(90), Now, Now, Now);
        var less = vault.SetPolicy(Request("p", last: 1), jumped).RequirePolicy("p");
        Assert.Equal(new FormerRetention(eight, Now.AddDays(104)), less.Former);
        Assert.Null(vault.SetPolicy(Request("p", last: 8), Times).RequirePolicy("p").Former);
        Assert.Equal(new FormerRetention(eight, Now.AddDays(14)), vault.SetPolicy(Request("p", last: 4), Times).RequirePolicy("p").Former);
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
