using Microsoft.Extensions.Time.Testing;

namespace RecoveryVault.Tests.Serving;

/// <summary>A clock that goes on by itself, a second at a time, as long as a test waits for something.</summary>
internal sealed class ClaimTime
{
    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));

    public PendingCalls Calls { get; } = new();

    public async Task<T> RunUntilAsync<T>(Task<T> task)
    {
        await RunUntilAsync((Task)task);
        return await task;
    }

    public async Task RunUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            // What waits goes on in the thread pool: it must have its turn before the clock moves on.
            do await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            while (Calls.Any && !task.IsCompleted);
        }
        await task;
    }

    public Task PassAsync(TimeSpan time) => RunUntilAsync(Task.Delay(time, Clock));
}
