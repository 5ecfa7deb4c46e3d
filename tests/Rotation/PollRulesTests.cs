using CsCheck;
using RecoveryVault.Rotation;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Rotation;

public sealed class PollRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(null, true, true, true)]
    [InlineData(-1.0, true, true, true)]
    [InlineData(0.0, false, false, false)]
    [InlineData(4.9, false, false, false)]
    [InlineData(5.0, false, true, false)]
    [InlineData(14.9, false, true, false)]
    [InlineData(15.0, true, true, false)]
    [InlineData(59.9, true, true, false)]
    [InlineData(60.0, true, true, true)]
    public void Rules_Age_DecideWhatIsDue(double? minutesAgo, bool due, bool dueAtTick, bool tooOld)
    {
        DateTimeOffset? last = minutesAgo is { } minutes ? Now.AddMinutes(-minutes) : null;

        Assert.Equal(
            (due, dueAtTick, tooOld),
            (PollRules.IsDue(last, Now), PollRules.IsDueAtTick(last, Now), PollRules.IsTooOld(last, Now))
        );
    }

    /// <summary>
    /// Whatever period was drawn and whenever jobs look in between: a version made at any moment is found within the hour, though two ticks
    /// in a row fail.
    /// </summary>
    [Fact, Trait("Requirement", "R50")]
    public void Ticks_TwoOfThemFail_LookWithinTheHour() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.Double[0, 36], Gen.Double[0, 60].Array[0, 6])
            .Sample(
                (first, period, made, looks) =>
                {
                    // Assigning the key was the first look.
                    double last = 0;
                    var failuresLeft = 2;
                    var (due, every) = (PollRules.FirstTick(first).TotalMinutes, PollRules.TickPeriod(period).TotalMinutes);
                    Assert.InRange(every, 12, 18);
                    var ticks = Enumerable.Range(0, 8).Select(i => due + (i * every));
                    foreach (var (at, isTick) in ticks.Select(t => (t, true)).Concat(looks.Select(l => (l, false))).Order())
                    {
                        var isDue = isTick ? PollRules.IsDueAtTick(At(last), At(at)) : PollRules.IsDue(At(last), At(at));
                        if (!isDue || (at >= made && isTick && failuresLeft-- > 0))
                            continue;
                        last = at;
                        if (at >= made)
                            return at - made <= 60;
                    }
                    return false;
                },
                iter: TestScale.Iterations(5000)
            );

    private static DateTimeOffset At(double minutes) => Now.AddMinutes(minutes);
}
