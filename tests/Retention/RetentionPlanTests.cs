using System.Globalization;
using CsCheck;
using RecoveryVault.Retention;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Retention;

public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private static readonly HashSet<long> Nobody = [];

    private static readonly Gen<RetentionRules> AnyRules = Gen.Select(
            Gen.Int[0, 4],
            Gen.Int[0, 9],
            Gen.Int[0, 6],
            Gen.Int[0, 5],
            Gen.Int[0, 3]
        )
        .Select(
            (last, daily, weekly, monthly, yearly) =>
                new RetentionRules
                {
                    Last = last,
                    Daily = daily,
                    Weekly = weekly,
                    Monthly = monthly,
                    Yearly = yearly,
                }
        );

    /// <summary>Newest first; hours between them from none to weeks, and now and then a clock that was wrong.</summary>
    private static readonly Gen<List<RetentionPoint>> AnyPoints = Gen.Select(Gen.Int[-30, 900], Gen.Int[0, 9], Gen.Int[0, 9])
        .Array[0, 60]
        .Select(steps =>
        {
            List<RetentionPoint> points = [];
            var time = Now;
            for (var i = 0; i < steps.Length; i++)
            {
                var (hours, wrong, promised) = steps[i];
                time -= TimeSpan.FromHours(hours);
                DateTimeOffset? until = promised == 0 ? Now.AddDays(hours) : null;
                points.Add(new RetentionPoint(1000 - 3 * i, wrong == 0 ? time.AddYears(5) : time, until));
            }
            return points;
        });

    [Fact]
    public void Of_NoPoints_IsEmpty() => Assert.Empty(RetentionPlan.Of([], new RetentionRules { Last = 1 }, Now, Nobody));

    [Fact]
    public void Of_AnyPointsAndRules_IsWhatTheNaiveModelKeeps() =>
        Gen.Select(AnyPoints, AnyRules)
            .Sample(
                (points, rules) =>
                {
                    var kept = Kept(points, rules);
                    Assert.Equal(Naive(points, rules), kept);
                    Assert.True(points.Count == 0 || kept.Contains(points[0].Seq));
                },
                iter: TestScale.Iterations(2000)
            );

    [Fact]
    public void Of_RulesThatKeepMore_KeepNothingLess() =>
        Gen.Select(AnyPoints, AnyRules, AnyRules)
            .Sample(
                (points, rules, more) =>
                {
                    var larger = new RetentionRules
                    {
                        Last = rules.Last + more.Last,
                        Daily = rules.Daily + more.Daily,
                        Weekly = rules.Weekly + more.Weekly,
                        Monthly = rules.Monthly + more.Monthly,
                        Yearly = rules.Yearly + more.Yearly,
                    };
                    Assert.Subset(Kept(points, larger), Kept(points, rules));
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void Of_WhatIsLeftByOneRun_StaysInTheNext() =>
        Gen.Select(AnyPoints, AnyRules)
            .Sample(
                (points, rules) =>
                {
                    var kept = Kept(points, rules);
                    Assert.Equal(kept, Kept([.. points.Where(p => kept.Contains(p.Seq))], rules));
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void Of_EachKeptPoint_SaysWhichRulesKeepIt()
    {
        RetentionPoint[] points =
        [
            new(5, new DateTimeOffset(2026, 1, 1, 23, 30, 0, TimeSpan.FromHours(2)), null),
            new(4, new DateTimeOffset(2026, 1, 1, 3, 0, 0, TimeSpan.Zero), null),
            // By UTC this was still the 31st, and by ISO 8601 the first week of 2026.
            new(3, new DateTimeOffset(2026, 1, 1, 0, 30, 0, TimeSpan.FromHours(1)), null),
            new(2, new DateTimeOffset(2025, 12, 28, 12, 0, 0, TimeSpan.Zero), Now.AddDays(1)),
            new(1, new DateTimeOffset(2025, 12, 28, 6, 0, 0, TimeSpan.Zero), Now.AddDays(-1)),
        ];
        var rules = new RetentionRules
        {
            Daily = 2,
            Weekly = 2,
            Yearly = 5,
        };

        var plan = RetentionPlan.Of(points, rules, Now, new HashSet<long> { 4 });

        Assert.Equal(
            [
                "newest, daily 2026-01-01, weekly 2026-W01, yearly 2026",
                "being read",
                "daily 2025-12-31, yearly 2025",
                "weekly 2025-W52, kept until 2026-11-29T12:00:00Z",
                "",
            ],
            plan.Select(d => string.Join(", ", d.Reasons))
        );
    }

    private static HashSet<long> Kept(IReadOnlyList<RetentionPoint> points, RetentionRules rules) =>
        [.. RetentionPlan.Of(points, rules, Now, Nobody).Where(d => !d.Expires).Select(d => d.Point.Seq)];

    /// <summary>The rule in words: the newest of each of the newest N periods, of all rules; and the newest; and promises.</summary>
    private static HashSet<long> Naive(IReadOnlyList<RetentionPoint> points, RetentionRules rules)
    {
        var calendar = CultureInfo.InvariantCulture.Calendar;
        IEnumerable<long> NewestOfEach<TKey>(int count, Func<DateTime, TKey> period) =>
            points
                .GroupBy(p => period(p.Time.UtcDateTime))
                .OrderByDescending(g => g.Max(p => p.Seq))
                .Take(count)
                .Select(g => g.Max(p => p.Seq));
        return
        [
            .. points.Take(Math.Max(1, rules.Last)).Select(p => p.Seq),
            .. NewestOfEach(rules.Daily, t => t.Date),
            // ISO 8601: a week belongs to the year that has its Thursday.
            .. NewestOfEach(rules.Weekly, t => t.Date.AddDays(-(((int)t.DayOfWeek + 6) % 7))),
            .. NewestOfEach(rules.Monthly, t => (t.Year, t.Month)),
            .. NewestOfEach(rules.Yearly, t => calendar.GetYear(t)),
            .. points.Where(p => p.RetainUntil > Now).Select(p => p.Seq),
        ];
    }
}
