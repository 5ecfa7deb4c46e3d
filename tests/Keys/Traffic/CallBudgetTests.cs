using System.Collections.Concurrent;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys.Traffic;

/// <summary>The token bucket of one key vault.</summary>
public sealed class CallBudgetTests
{
    private const int Units = 40;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();
    private readonly CallBudget _budget;

    public CallBudgetTests() => _budget = NewBudget(_time);

    private static CallBudget NewBudget(FakeTimeProvider time) => new(Units, TimeSpan.FromSeconds(1), time);

    [Fact]
    public async Task Take_MoreThanPatienceAllows_TakesNothing()
    {
        Assert.NotNull(await _budget.TakeAsync(8, TimeSpan.Zero));

        Assert.Null(await _budget.TakeAsync(8, TimeSpan.FromSeconds(1)));

        Assert.NotNull(await _budget.TakeAsync(2, TimeSpan.Zero));
    }

    [Fact]
    public async Task Take_Cancelled_StopsWaiting()
    {
        await _budget.TakeAsync(8, Hour);
        using var cancellation = new CancellationTokenSource();
        var waiting = _budget.TakeAsync(8, Hour, cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Take_OfAPass_LeavesHalfOfTheBurstToJobs()
    {
        Task PassAsync(int units, TimeSpan patience, bool isHad) =>
            CallPriority.YieldAsync(async () => Assert.Equal(isHad, await _budget.TakeAsync(units, patience) is not null));

        await PassAsync(6, TimeSpan.Zero, isHad: false);
        await PassAsync(5, TimeSpan.Zero, isHad: true);
        await PassAsync(1, TimeSpan.Zero, isHad: false);
        Assert.NotNull(await _budget.TakeAsync(5, TimeSpan.Zero));
        Assert.False(CallPriority.IsYielding);
    }

    [Fact]
    public void Halt_WithRetryAfter_HoldsEverybodyUntilThen_AlsoThoseWhoWait()
    {
        var first = Start(8);
        var waiting = Start(4);
        Assert.True(first.IsCompleted);
        _budget.Halt(TimeSpan.FromSeconds(60));
        var later = Start(1);

        Run(TimeSpan.FromSeconds(59.9));
        Assert.False(waiting.IsCompleted || later.IsCompleted);
        Run(TimeSpan.FromSeconds(3));
        Assert.True(waiting.IsCompletedSuccessfully && later.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Halt_LongerThanSomebodysPatience_TellsHimSo()
    {
        Assert.True(Start(8).IsCompleted);
        var waiting = _budget.TakeAsync(8, TimeSpan.FromSeconds(5)).AsTask();
        _budget.Halt(TimeSpan.FromSeconds(60));

        Run(TimeSpan.FromSeconds(4));

        Assert.True(waiting.IsCompleted);
        Assert.Null(await waiting);
    }

    [Fact]
    public void Halt_WithoutRetryAfter_IsLongerEachTime_UntilAnAnswer()
    {
        List<double> pauses = [];
        for (var refusals = 0; refusals < 6; refusals++)
            pauses.Add(PauseAfterHalt());
        _budget.Answered();
        pauses.Add(PauseAfterHalt());

        Assert.Equal([1, 2, 4, 8, 16, 16, 1], pauses.Select(p => Math.Floor(p)));
    }

    [Fact]
    public void Take_WhateverComes_NoTenSecondsSeeMoreThanTheBudget_AndNobodyWaitsForEver()
    {
        Gen.Select(Gen.Int[0, 2000], Gen.Int[1, CallWeights.Heaviest], Gen.Int[0, 20])
            .Array[1, 60]
            .Sample(
                arrivals =>
                {
                    var granted = Play(arrivals);
                    // One step is the clock's grain here.
                    var window = CallBudget.Window - Step;
                    Assert.Equal(arrivals.Length, granted.Count);
                    Assert.All(granted, g => Assert.True(Within(granted, g.At, window) <= Units));
                },
                iter: TestScale.Iterations(100)
            );
    }

    private static int Within(List<(TimeSpan At, int Units)> granted, TimeSpan end, TimeSpan window) =>
        granted.Where(g => g.At <= end && g.At > end - window).Sum(g => g.Units);

    /// <summary>Everybody comes after a gap and asks; now and then the key vault says to wait.</summary>
    private static List<(TimeSpan At, int Units)> Play((int Gap, int Units, int Halt)[] arrivals)
    {
        var time = new FakeTimeProvider();
        var start = time.GetTimestamp();
        var budget = NewBudget(time);
        ConcurrentQueue<(TimeSpan, int)> granted = [];
        foreach (var (gap, units, halt) in arrivals)
        {
            for (var left = TimeSpan.FromMilliseconds(gap); left > TimeSpan.Zero; left -= Step)
                time.Advance(left < Step ? left : Step);
            if (halt == 0)
                budget.Halt(TimeSpan.FromSeconds(2));
            var taking = budget.TakeAsync(units, Hour).AsTask();
            taking.ContinueWith(
                _ => granted.Enqueue((time.GetElapsedTime(start), units)),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }
        for (var steps = 0; granted.Count < arrivals.Length && steps < 10_000; steps++)
            time.Advance(Step);
        return [.. granted];
    }

    private Task<TimeSpan?> Start(int units) => _budget.TakeAsync(units, Hour).AsTask();

    private void Run(TimeSpan by)
    {
        for (var left = by; left > TimeSpan.Zero; left -= Step)
            _time.Advance(left < Step ? left : Step);
    }

    private double PauseAfterHalt()
    {
        _budget.Halt(retryAfter: null);
        var started = _time.GetTimestamp();
        var waiting = Start(1);
        while (!waiting.IsCompleted)
            _time.Advance(Step);
        return _time.GetElapsedTime(started).TotalSeconds;
    }
}
