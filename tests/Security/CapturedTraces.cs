using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using Azure.Core.Diagnostics;

namespace RecoveryVault.Tests.Security;

/// <summary>Every activity of this process with all that hangs on it, and every event of Azure's libraries, however verbose.</summary>
internal sealed class CapturedTraces : IDisposable
{
    private readonly ConcurrentQueue<string> _activities = new();
    private readonly ConcurrentQueue<string> _events = new();
    private readonly ActivityListener _listener;
    private readonly AzureEventSourceListener _azure;

    public CapturedTraces()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _activities.Enqueue(Describe(activity)),
        };
        ActivitySource.AddActivityListener(_listener);
        _azure = new AzureEventSourceListener(
            (args, text) =>
                _events.Enqueue($"{args.EventSource.Name} {args.EventName}: {text} {string.Join(' ', args.Payload ?? new([]))}"),
            EventLevel.Verbose
        );
    }

    public string Activities => string.Join('\n', _activities);

    public string Events => string.Join('\n', _events);

    public void Dispose()
    {
        _listener.Dispose();
        _azure.Dispose();
    }

    private static string Describe(System.Diagnostics.Activity activity) =>
        string.Join(
            ' ',
            [
                activity.Source.Name,
                activity.DisplayName,
                activity.StatusDescription,
                .. activity.TagObjects.Select(t => $"{t.Key}={t.Value}"),
                .. activity.Baggage.Select(b => $"{b.Key}={b.Value}"),
                .. activity.Events.SelectMany(e => e.Tags.Select(t => $"{e.Name}.{t.Key}={t.Value}")),
                .. activity.Links.SelectMany(l => (l.Tags ?? []).Select(t => $"{t.Key}={t.Value}")),
            ]
        );
}
