using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Vaults;

namespace RecoveryVault.Tests.Rotation;

public sealed class RotationPassTests
{
    private static readonly RecordRef Ring = new("rings/1", "");

    [Theory]
    [Trait("Requirement", "R56")]
    [InlineData(3, false, PassStep.None)]
    [InlineData(3, true, PassStep.None)]
    [InlineData(2, false, PassStep.None)]
    [InlineData(2, true, PassStep.None)]
    [InlineData(1, false, PassStep.Raise)]
    [InlineData(1, true, PassStep.Rewrap)]
    [InlineData(null, false, PassStep.Create)]
    public void StepFor_ItemOfAGeneration_SaysWhatThePassHasToDo(int? generation, bool hasRing, PassStep expected)
    {
        var item = generation is { } g ? ItemRecord.Enrolled(ItemStage.Key, g) with { Ring = hasRing ? Ring : null } : null;

        Assert.Equal(expected, RotationPass.StepFor(item, 2));
    }

    [Fact]
    public void Fence_NewerRecord_IsNotTakenBack()
    {
        var newer = ItemRecord.Enrolled(ItemStage.Key, 3);

        Assert.Equal(3, RotationPass.Fence(ItemStage.Key, newer, 2).KeyGeneration);
        Assert.Equal(2, RotationPass.Fence(ItemStage.Key, null, 2).KeyGeneration);
    }

    [Theory]
    [InlineData(KeyVaultFault.KeyDisabled)]
    [InlineData(KeyVaultFault.NoPermission)]
    [InlineData(KeyVaultFault.BadParameter)]
    public void Judge_SomethingDenied_TakesNoVersion(KeyVaultFault fault) =>
        Assert.Null(Canary.Judge(VaultSamples.Facts with { UnwrapFault = VaultSamples.Fault(fault) }));

    [Theory]
    [InlineData(KeyVaultFault.Unreachable)]
    [InlineData(KeyVaultFault.Throttled)]
    public void Judge_NoAnswer_SaysNothingEvenBesideADenial(KeyVaultFault fault)
    {
        var facts = VaultSamples.Facts with
        {
            GetFault = VaultSamples.Fault(KeyVaultFault.KeyDisabled),
            WrapFault = VaultSamples.Fault(fault, 503),
        };

        Assert.Equal(fault, Assert.Throws<KeyVaultException>(() => Canary.Judge(facts)).Fault);
    }

    [Fact]
    public void Judge_WrappedAndUnwrapped_TakesTheVersion()
    {
        var facts = VaultSamples.Facts;

        Assert.Same(facts.Key, Canary.Judge(facts));
    }
}
