using System.Globalization;
using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>How far some work is.</summary>
/// <param name="Entries">Files and directories handled.</param>
/// <param name="Bytes">Content bytes handled.</param>
/// <param name="TotalBytes">What there is in all; 0 when nobody knows yet.</param>
internal readonly record struct ProgressState(long Entries, long Bytes, long TotalBytes);

/// <summary>
/// Shows how far long work is, on standard error: a bar with rate and time left on a terminal, a line every few seconds otherwise.
/// </summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan TerminalPeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(5);

    public static async Task<T> RunAsync<T>(Invocation run, string title, Func<ProgressState> state, Func<Task<T>> work)
    {
        if (!run.ShowsProgress)
            return await work();
        return run.Consoles.IsErrorTerminal
            ? await ShowBarAsync(run, title, state, work())
            : await ShowLinesAsync(run, title, state, work());
    }

    private static Task<T> ShowBarAsync<T>(Invocation run, string title, Func<ProgressState> state, Task<T> work) =>
        run
            .Consoles.Error.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(async display =>
            {
                var task = display.AddTask(title);
                await WatchAsync(
                    work,
                    TerminalPeriod,
                    () =>
                    {
                        var now = state();
                        task.IsIndeterminate = now.TotalBytes == 0;
                        task.MaxValue = Math.Max(now.TotalBytes, Math.Max(now.Bytes, 1));
                        task.Value = now.Bytes;
                    }
                );
                return await work;
            });

    private static async Task<T> ShowLinesAsync<T>(Invocation run, string title, Func<ProgressState> state, Task<T> work)
    {
        var started = Invocation.Time.GetTimestamp();
        await WatchAsync(
            work,
            LinePeriod,
            () =>
            {
                var (entries, bytes, total) = state();
                var seconds = Invocation.Time.GetElapsedTime(started).TotalSeconds;
                var rate = (long)(bytes / Math.Max(seconds, 0.001));
                var left =
                    total > bytes && rate > 0 ? string.Create(CultureInfo.InvariantCulture, $", {(total - bytes) / rate} s left") : "";
                var of = total > 0 ? $" of {Show.Bytes(total)}" : "";
                run.Tell($"{title}: {Show.Count(entries)} entries, {Show.Bytes(bytes)}{of}, {Show.Bytes(rate)}/s{left}");
            }
        );
        return await work;
    }

    private static async Task WatchAsync(Task work, TimeSpan period, Action show)
    {
        using var timer = new PeriodicTimer(period, Invocation.Time);
        while (await Task.WhenAny(work, timer.WaitForNextTickAsync().AsTask()) != work)
            show();
    }
}
