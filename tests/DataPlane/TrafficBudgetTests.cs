using CsCheck;
using RecoveryVault.DataPlane;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DataPlane;

public sealed class TrafficBudgetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private const long Own = TrafficBudget.OwnBytes;

    private readonly TrafficBudget _budget = new(10 * Own);
    private readonly Guid _session = Guid.NewGuid();

    [Fact]
    public async Task Enter_BudgetIsGone_WaitsUntilSomebodyLeaves()
    {
        using var own = await EnterAsync(_session, "a", Own);
        var all = await EnterAsync(_session, "a", 10 * Own);

        var waiting = EnterAsync(_session, "a", 1);
        Assert.False(waiting.IsCompleted);
        all.Dispose();
        all.Dispose();

        (await waiting).Dispose();
    }

    [Fact]
    public async Task Enter_BudgetIsGone_AnotherSessionsOwnRequestGoesOn()
    {
        using var own = await EnterAsync(_session, "a", Own);
        using var all = await EnterAsync(_session, "a", 10 * Own);

        var other = Guid.NewGuid();
        var first = EnterAsync(other, "b", Own);
        Assert.True(first.IsCompletedSuccessfully);
        var second = EnterAsync(other, "b", Own);
        Assert.False(second.IsCompleted);
        (await first).Dispose();

        // Its own place is free again: the one that waited has it.
        (await second).Dispose();
    }

    [Fact]
    public async Task Enter_MoreThanTheWholeBudget_GetsAllOfIt()
    {
        var huge = await EnterAsync(_session, "a", long.MaxValue);
        huge.Dispose();
        (await EnterAsync(_session, "a", 10 * Own)).Dispose();
    }

    [Fact]
    public async Task Enter_TwoClientsWait_TheOneThatHoldsLessIsNext()
    {
        using var own = await EnterAsync(_session, "greedy", Own);
        var held = await EnterAsync(_session, "greedy", 4 * Own);
        using var more = await EnterAsync(_session, "greedy", 6 * Own);
        var early = EnterAsync(_session, "greedy", 4 * Own);
        var modest = EnterAsync(Guid.NewGuid(), "modest", 4 * Own);
        held.Dispose();

        (await modest).Dispose();
        (await early).Dispose();
    }

    [Fact]
    public async Task Enter_ConnectionDrops_TakesNoRoom()
    {
        using var own = await EnterAsync(_session, "a", Own);
        var all = await EnterAsync(_session, "a", 10 * Own);
        using var drop = new CancellationTokenSource();
        var dropped = _budget.EnterAsync(_session, "a", 10 * Own, drop.Token).AsTask();
        await drop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dropped);
        all.Dispose();

        (await EnterAsync(_session, "b", 10 * Own)).Dispose();
    }

    /// <summary>Any requests of any sessions: all are admitted in the end, never more is held than the budget and one each.</summary>
    [Fact]
    public Task Budget_AnyRequests_AreBoundedAndAllAdmitted() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[1, 12])
            .Array[1, 60]
            .SampleAsync(
                async requests =>
                {
                    var budget = new TrafficBudget(4 * Own);
                    var sessions = Enumerable.Range(0, 6).Select(_ => Guid.NewGuid()).ToList();
                    var open = requests
                        .Select(r => budget.EnterAsync(sessions[r.Item1], $"{r.Item1 / 2}", r.Item2 * Own / 2, default).AsTask())
                        .ToList();
                    while (open.Count > 0)
                    {
                        // Who is admitted hears of it on a thread of its own.
                        var first = await Task.WhenAny(open).WaitAsync(Patience, TimeProvider.System);
                        var admitted = open.Where(o => o.IsCompletedSuccessfully).Select(o => o.Result).ToList();
                        Assert.True(admitted.Where(r => !r.IsOwn).Sum(r => r.Bytes) <= 4 * Own);
                        Assert.All(admitted.Where(r => r.IsOwn).CountBy(r => r.SessionId), c => Assert.Equal(1, c.Value));
                        open.Remove(first);
                        (await first).Dispose();
                    }
                },
                iter: TestScale.Iterations(100),
                threads: 1
            );

    private Task<TrafficBudget.Room> EnterAsync(Guid session, string client, long bytes) =>
        _budget.EnterAsync(session, client, bytes, CancellationToken.None).AsTask();
}
