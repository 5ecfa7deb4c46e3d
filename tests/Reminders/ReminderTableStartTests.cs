using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using static RecoveryVault.Tests.Reminders.ReminderSamples;

namespace RecoveryVault.Tests.Reminders;

/// <summary>Starting on a store that does not answer, stopping and starting again.</summary>
public sealed class ReminderTableStartTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());
    private readonly BlobReminderTable _table;

    public ReminderTableStartTests() => _table = Open(_store, time: _time);

    /// <summary>The store does not answer the next calls; the task ends when it was asked so often.</summary>
    private Task AwayFor(int calls)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < calls; i++)
        {
            var isLast = i == calls - 1;
            _store.Inject(new Fault.First(() => FailAsync(isLast ? asked : null)), nth: i);
        }
        return asked.Task;
    }

    private static Task FailAsync(TaskCompletionSource? asked)
    {
        asked?.TrySetResult();
        throw new BlobStoreException(BlobError.Unavailable, "Away (made by a test).");
    }

    [Fact]
    public async Task Start_StoreAway_TriesAgainEachSecondUntilItAnswers()
    {
        var asked = AwayFor(3);

        var start = _table.StartAsync(CancellationToken.None);

        await AdvanceUntilAsync(asked);
        Assert.False(start.IsCompleted);
        await AdvanceUntilAsync(start);
        Assert.Equal(4, _store.Count());
    }

    [Fact]
    public async Task Start_StoreAwayAndCancelled_EndsAndAsksNoMore()
    {
        var asked = AwayFor(1000);
        _ = asked;
        using var cancel = new CancellationTokenSource();
        var start = _table.StartAsync(cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);

        _store.Recover();
        var count = _store.Count();
        _time.Advance(TimeSpan.FromSeconds(10));
        await _table.StartAsync(CancellationToken.None);
        Assert.InRange(_store.Count(), count + 1, count + 2);
    }

    [Fact]
    public async Task Start_OfTwoOneCancelled_GoesOnForTheOther()
    {
        var asked = AwayFor(2);
        using var cancel = new CancellationTokenSource();
        var first = _table.StartAsync(cancel.Token);
        var second = _table.StartAsync(CancellationToken.None);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        await AdvanceUntilAsync(asked);
        await AdvanceUntilAsync(second);
    }

    [Fact]
    public async Task Start_Twice_AsksOnce()
    {
        await _table.StartAsync(CancellationToken.None);
        await _table.StartAsync(CancellationToken.None);
        await _table.Init();
        Assert.Equal(1, _store.Count());
    }

    [Fact]
    public async Task Calls_WhileItStarts_WaitForItOrTheirToken()
    {
        var asked = AwayFor(1);
        var start = _table.StartAsync(CancellationToken.None);
        await asked;
        var upsert = _table.UpsertRow(Reminder(Grain(1)));
        using var cancel = new CancellationTokenSource();
        var read = _table.ReadRows(0, 0, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal((false, 0), (upsert.IsCompleted, _store.Count(BlobCalls.Writes)));

        await AdvanceUntilAsync(start);

        Assert.NotNull(await upsert);
    }

    [Fact]
    public async Task Stop_WhileItStarts_EndsBothAndCanStartAnew()
    {
        var asked = AwayFor(1);
        var start = _table.StartAsync(CancellationToken.None);
        await asked;
        var read = _table.ReadRows(0, 0);

        await _table.StopAsync(CancellationToken.None);

        await Assert.ThrowsAsync<BlobStoreException>(() => start);
        await Assert.ThrowsAsync<BlobStoreException>(() => read);
        await _table.StartAsync(CancellationToken.None);
        Assert.Empty((await _table.ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task Stop_ThenStart_KeepsWhatIsThere()
    {
        await _table.StopAsync(CancellationToken.None);
        await _table.StartAsync(CancellationToken.None);
        await _table.UpsertRow(Reminder(Grain(1)));
        await _table.StopAsync(CancellationToken.None);
        await _table.StopAsync(CancellationToken.None);
        await _table.StartAsync(CancellationToken.None);

        Assert.NotNull(await _table.ReadRow(Grain(1), "tick"));
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await task;
    }
}
