using CsCheck;
using RecoveryVault.Clocks;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Clocks;

public sealed class TrustedTimeTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<DateTimeOffset> AnyTime = Gen.Int[-1000, 1000].Select(hours => Day.AddHours(hours));

    [Fact]
    public void Earliest_AnyClocks_IsNeverAfterOneOfThem() =>
        Gen.Select(AnyTime, AnyTime, AnyTime, AnyTime)
            .Sample(
                (silo, store, proven, newest) =>
                {
                    var times = new TrustedTime(silo, store, proven, newest);
                    Assert.True(times.Earliest <= silo && times.Earliest <= store && times.Earliest <= proven);
                    Assert.True(times.Latest >= silo && times.Latest >= store && times.Latest >= newest);
                    Assert.True(times.Earliest <= times.Now && times.Now <= times.Latest);
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void WhyNot_AnyClocks_SpeaksExactlyWhenTheSiloAloneWouldGoAhead() =>
        Gen.Select(AnyTime, AnyTime, AnyTime, AnyTime)
            .Sample(
                (silo, store, proven, due) =>
                {
                    var times = new TrustedTime(silo, store, proven, silo);
                    Assert.Equal(silo >= due && times.Earliest < due, times.WhyNot(due) is not null);
                },
                iter: TestScale.Iterations(1000)
            );
}
