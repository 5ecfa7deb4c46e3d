using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Retention;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Retention;

/// <summary>For how long deletions can be taken back, and why nobody shortens that at once.</summary>
public sealed class SoftDeletePeriodTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(13)]
    [InlineData(181)]
    public void Set_OutOfRange_IsRefused(int days) =>
        Assert.Equal(ErrorCodes.InvalidRequest, Assert.Throws<VaultException>(() => SoftDeletePeriod.Default.Set(days, Now, Now)).Code);

    [Fact]
    public void Set_Shorter_CountsAfterTheLongerOneHasPassed()
    {
        var asked = new SoftDeletePeriod(60).Set(20, Now, Now.AddMinutes(5));

        Assert.Equal(new SoftDeletePeriod(60, 20, Now.AddDays(60).AddMinutes(5)), asked);
        Assert.Equal((60, 20), (asked.DaysAt(Now.AddDays(60)), asked.DaysAt(Now.AddDays(60).AddMinutes(5))));
        Assert.Equal(60, asked.DaysAt(DateTimeOffset.MinValue));
    }

    [Fact]
    public void Set_ShorterAgain_WaitsNoLonger_AndStillShorter_WaitsAnew()
    {
        var asked = new SoftDeletePeriod(60).Set(20, Now, Now);

        Assert.Same(asked, asked.Set(20, Now.AddDays(1), Now.AddDays(1)));
        Assert.Equal(new SoftDeletePeriod(60, 15, Now.AddDays(61)), asked.Set(15, Now.AddDays(1), Now.AddDays(1)));
        Assert.Equal(new SoftDeletePeriod(20, 15, Now.AddDays(90)), asked.Set(15, Now.AddDays(70), Now.AddDays(70)));
    }

    [Fact]
    public void Set_Longer_CountsAtOnce_AndTakesAShorterOneBack()
    {
        Assert.Equal(new SoftDeletePeriod(180), SoftDeletePeriod.Default.Set(180, Now, Now));
        Assert.Equal(new SoftDeletePeriod(60), new SoftDeletePeriod(60).Set(20, Now, Now).Set(60, Now, Now));
    }

    /// <summary>Whatever is asked for at one moment: what is deleted then, and until the period has passed, keeps it.</summary>
    [Fact]
    public void Set_AnySeriesAtOneMoment_ShortensNothingBeforeItsTime() =>
        Gen.Select(Gen.Int[14, 180], Gen.Int[14, 180].List[1, 6])
            .Sample(
                (days, asked) =>
                {
                    var period = asked.Aggregate(new SoftDeletePeriod(days), (p, next) => p.Set(next, Now, Now));

                    Assert.True(period.DaysAt(Now) >= days);
                    Assert.True(period.DaysAt(Now.AddDays(days).AddTicks(-1)) >= days);
                },
                iter: TestScale.Iterations(500)
            );
}
