namespace RecoveryVault.Tests.Serving;

public sealed class FlatnessTests
{
    private const int Samples = 360;

    /// <summary>What a collector's heap looks like: it fills, and is emptied again.</summary>
    private static double Sawtooth(int n) => 200 + (n % 7 * 10);

    [Fact]
    public void GrowthOf_Leak_IsSeenThroughTheSawtooth() =>
        // 100 MB in the hour, 50 of them in its second half.
        Assert.InRange(Flatness.GrowthOf([.. Enumerable.Range(0, Samples).Select(n => Sawtooth(n) + (n * 100.0 / Samples))]), 45, 55);

    [Fact]
    public void GrowthOf_LateSteps_AreSeen() =>
        Assert.InRange(Flatness.GrowthOf([.. Enumerable.Range(0, Samples).Select(n => n < 270 ? 200.0 : 280.0)]), 40, 160);

    [Fact]
    public void GrowthOf_BeginningSawtoothAndPeaks_IsNone() =>
        Assert.InRange(
            Flatness.GrowthOf([.. Enumerable.Range(0, Samples).Select(n => Math.Min(n, 60) + Sawtooth(n) + (n % 50 == 0 ? 500 : 0))]),
            -5,
            5
        );
}
