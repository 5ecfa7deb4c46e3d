using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Reports;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Vaults.VaultSamples;

namespace RecoveryVault.Tests.Reports;

/// <summary>What a trial makes of what it found.</summary>
public sealed class KeyChangeTrialTests
{
    private const string Second = "00000000000000000000000000000002";
    private const string Third = "00000000000000000000000000000003";

    private static readonly VaultRecord Leaving = New().WithIdentity().WithKey().WithItem().WithKey(Second);

    [Fact]
    public void Check_RotationUnderWay_IsNotMet()
    {
        var unmet = Assert.Single(Trial(Leaving, Third).Check(Now), c => c.Met != true);
        Assert.Equal(("No other rotation", ErrorCodes.RotationBlocked), (unmet.Name, unmet.Code));
        Assert.Equal(ErrorCodes.RotationBlocked, CodeOf(() => Leaving.WithKey(Third)));
    }

    [Fact]
    public void Check_RotationUnderWayToTheVeryVersion_IsMet() => Assert.All(Trial(Leaving, Second).Check(Now), c => Assert.True(c.Met));

    [Fact]
    public void Check_NothingKnown_IsUnknownAndNeverMet()
    {
        var checks = new KeyChangeTrial { Vault = New(), Request = Update(null) }.Check(Now);
        Assert.Equal(false, checks.First(c => c.Name == "Managed identity").Met);
        Assert.All(checks.Where(c => c.Step is > 1 and < 4), c => Assert.Null(c.Met));
    }

    [Fact]
    public void Items_OfOtherVersions_AreCounted()
    {
        var trial = Trial(Leaving, Third) with
        {
            Uses = [Use("a", FirstVersion), Use("b", Second), Use("c", Third), Use("d"), Use("e", Second) with { UnreadableRings = 2 }],
        };
        var items = trial.Items();
        Assert.Equal((5, 3, 1), (items.Total, items.ToRewrap, items.Blocking));
        Assert.Equal(["e"], items.BlockingNames);
    }

    [Fact]
    public void Items_MoreBlockingThanAreNamed_AreCountedAll()
    {
        var trial = Trial(Leaving, Third) with
        {
            Uses = [.. Enumerable.Range(0, 150).Select(i => Use($"{i}") with { UnreadableRings = 1 })],
        };
        Assert.Equal((150, ReportedItems.MaxNames), (trial.Items().Blocking, trial.Items().BlockingNames.Count));
    }

    private static KeyChangeTrial Trial(VaultRecord vault, string version) =>
        new()
        {
            Vault = vault,
            Seen = vault,
            Request = Update(Key.ToString()),
            Facts = FactsOf(version),
        };

    private static ItemKeyUse Use(string name, params string[] versions) =>
        new(ItemId.Create(), name, 1, versions.Select(v => Key.WithVersion(v).ToString()).ToHashSet());
}
