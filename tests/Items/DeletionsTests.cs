using CsCheck;
using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Items;

public sealed class DeletionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private static readonly Deletions None = Deletions.None(ItemStage.Key);

    [Fact]
    public void Delete_DeletedBefore_KeepsItsTime()
    {
        var first = None.Delete(Act(1, Now, 5));

        var again = first.Delete(Act(2, Now.AddDays(-3), 5));

        Assert.Same(first, again);
        Assert.Equal(Now + TimeSpan.FromDays(14), again.Find(5)!.PurgeAfter);
    }

    [Fact]
    public void Delete_SameOperationAgain_ChangesNothing()
    {
        var first = None.Delete(Act(1, Now, 5)).Undelete(5).Delete(Act(2, Now, 6));

        Assert.Same(first, first.Delete(Act(2, Now, 7)));
    }

    [Fact]
    public void Delete_Purged_StaysPurged()
    {
        var purged = None.Delete(Act(1, Now, 5)).Purge([5]);

        Assert.Same(purged, purged.Delete(Act(2, Now, 5)));
        Assert.Same(purged, purged.Undelete(5));
        Assert.True(purged.IsPurged(5));
    }

    [Fact]
    public void Purge_Available_IsRefusedSilently() => Assert.Same(None, None.Purge([1, 2, 3]));

    [Fact]
    public void Delete_MoreThanARecordHolds_IsRefusedAndTheLimitIsThousands()
    {
        // The widest there can be: every point with a promise, every reason escaped.
        var reason = new string('界', Deletion.MaxReasonLength);
        var deletions = None;
        var count = 0;
        const int Step = 500;
        while (true)
        {
            var act = new Deletion(Guid.NewGuid(), Now, Now, reason, reason, [.. Enumerable.Range(count, Step).Select(Wide)]);
            try
            {
                deletions = deletions.Delete(act);
                count += Step;
            }
            catch (VaultException e)
            {
                Assert.Equal(ErrorCodes.DeletionLimitReached, e.Code);
                break;
            }
        }

        Assert.InRange(count, 4000, 20_000);
        Assert.InRange(deletions.MeasureBytes(), 0, Deletions.MaxBytes);
        // Purging every other one makes as many ranges as there can be, and still it shrinks.
        var purged = deletions.Purge(Enumerable.Range(0, count).Where(i => i % 2 == 0).Select(i => Wide(i).Seq));
        Assert.InRange(purged.MeasureBytes(), 0, deletions.MeasureBytes());
    }

    private static DeletedPoint Wide(int number) => new(long.MaxValue - 50_000 + number, new string('a', 64), DateTimeOffset.MaxValue);

    [Fact]
    public void WidestPoint_FitsWhatIsReckonedForIt()
    {
        var one = None.Delete(new Deletion(Guid.NewGuid(), Now, Now, "", "", [Wide(0)])).MeasureBytes();
        var two = None.Delete(new Deletion(Guid.NewGuid(), Now, Now, "", "", [Wide(0), Wide(1)])).MeasureBytes();

        Assert.InRange(two - one, 1, Deletion.MaxPointBytes);
    }

    [Fact]
    public void Room_IsNeverPromisedInVain()
    {
        var (deletions, next) = (None, 0);
        for (var round = 0; deletions.Room() > 0; round++)
        {
            var count = Math.Min(deletions.Room(), 3000);
            var wide = new string('界', Deletion.MaxReasonLength);
            deletions = deletions.Delete(
                new Deletion(Guid.NewGuid(), Now, DateTimeOffset.MaxValue, wide, wide, [.. Enumerable.Range(next, count).Select(Wide)])
            );
            next += count;
        }
        Assert.Equal(next, deletions.SoftDeletedCount);
        Assert.InRange(next, 4000, 20_000);
    }

    private enum State
    {
        Available,
        Soft,
        Purged,
    }

    [Fact]
    public void Changes_InAnyOrder_AreAsTheModelSays() =>
        Gen.Select(Gen.Int[0, 2], Gen.Long[1, 12].Array[0, 6])
            .Array[0, 30]
            .Sample(
                steps =>
                {
                    var model = Enumerable.Range(1, 12).ToDictionary(seq => (long)seq, _ => State.Available);
                    var deletions = None;
                    foreach (var (kind, seqs) in steps)
                    {
                        var before = deletions;
                        deletions = kind switch
                        {
                            0 => deletions.Delete(Act(deletions.Seq, Now, [.. seqs.Distinct()])),
                            1 => seqs.Aggregate(deletions, (d, seq) => d.Undelete(seq)),
                            _ => deletions.Purge(seqs),
                        };
                        foreach (var seq in seqs)
                            model[seq] = (kind, model[seq]) switch
                            {
                                (0, State.Available) => State.Soft,
                                (1, State.Soft) => State.Available,
                                (2, State.Soft) => State.Purged,
                                var (_, state) => state,
                            };
                        Assert.Equal(ReferenceEquals(before, deletions), before.Seq == deletions.Seq);
                        AssertIs(model, deletions);
                    }
                },
                iter: TestScale.Iterations(1000)
            );

    private static void AssertIs(Dictionary<long, State> model, Deletions deletions)
    {
        foreach (var (seq, state) in model)
            Assert.Equal(
                (state == State.Available, state == State.Soft, state == State.Purged),
                (deletions.IsAvailable(seq), deletions.IsSoftDeleted(seq), deletions.IsPurged(seq))
            );
        Assert.Equal(model.Values.Count(s => s == State.Soft), deletions.SoftDeletedCount);
        Assert.Equal(model.Values.Count(s => s == State.Purged), deletions.PurgedCount);
        // Ranges are ascending with gaps between them.
        Assert.All(deletions.Purged.Zip(deletions.Purged.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
        Assert.True(deletions.IsAvailable(0) && deletions.IsAvailable(13));
    }

    [Fact]
    public void Due_PromisedLonger_Waits()
    {
        var act = Act(1, Now, 1, 2) with { Points = [new(1, "a"), new(2, "b", Now.AddDays(30))] };
        var deletions = None.Delete(act);

        Assert.Empty(deletions.Due(Now.AddDays(14).AddTicks(-1)));
        Assert.Equal([1L], deletions.Due(Now.AddDays(14)).Select(p => p.Seq));
        Assert.Equal([1L, 2], deletions.Due(Now.AddDays(30)).Select(p => p.Seq));
    }

    [Fact]
    public void PurgePlan_PointBeingRead_WaitsAndIsSaid()
    {
        var deletions = None.Delete(Act(1, Now, 1, 2));
        var later = Now.AddDays(20);
        var times = new TrustedTime(later, later, later, later);

        var plan = PurgePlan.Of(deletions, times, new HashSet<long> { 2 });

        Assert.Equal([1L], plan.Due);
        Assert.Equal((1, 1, "somebody is reading one of them"), (plan.Outcome.Purged, plan.Outcome.Waiting, plan.Outcome.HeldBy));
    }

    [Fact]
    public void PurgePlan_ClockAhead_PurgesNothingAndSaysWhy()
    {
        var deletions = None.Delete(Act(1, Now, 1));
        var later = Now.AddDays(20);

        var plan = PurgePlan.Of(deletions, new TrustedTime(later, Now, later, later), new HashSet<long>());

        Assert.Empty(plan.Due);
        Assert.Equal((0, 1, Now, Now.AddDays(14)), (plan.Outcome.Purged, plan.Outcome.Waiting, plan.Outcome.Now, plan.Outcome.NextDue));
        Assert.Contains("the store's clock", plan.Outcome.HeldBy, StringComparison.Ordinal);
    }

    private static Deletion Act(long operation, DateTimeOffset at, params long[] seqs) =>
        new(
            new Guid((int)operation, 1, 0, new byte[8]),
            at,
            at + TimeSpan.FromDays(14),
            "",
            "me",
            [.. seqs.Order().Select(seq => new DeletedPoint(seq, "h"))]
        );
}
