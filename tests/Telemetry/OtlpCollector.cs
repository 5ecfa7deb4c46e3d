using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>A span as it was exported.</summary>
internal sealed record ExportedSpan(string Service, string TraceId, string SpanId, string ParentId, string Name);

/// <summary>Takes what processes export by OTLP over HTTP.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ExportedSpan> _spans = new();
    private readonly ConcurrentQueue<string> _metrics = new();
    private readonly ConcurrentQueue<byte[]> _bodies = new();
    private readonly SemaphoreSlim _arrived = new(0);

    private OtlpCollector()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>What makes a child process export here, soon.</summary>
    public string[] Environment =>
        [
            "env",
            $"OTEL_EXPORTER_OTLP_ENDPOINT={_app.Urls.Single()}",
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY=50",
            "OTEL_METRIC_EXPORT_INTERVAL=100",
        ];

    public IReadOnlyCollection<ExportedSpan> Spans => _spans;

    /// <summary>Names of metrics.</summary>
    public IEnumerable<string> Metrics => _metrics.Distinct();

    /// <summary>Everything that was sent, to look for what must not be in it.</summary>
    public string Sent => string.Concat(_bodies.Select(Encoding.UTF8.GetString));

    public static async Task<OtlpCollector> StartAsync()
    {
        var collector = new OtlpCollector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Waits until something is there.</summary>
    public async Task WaitAsync(Func<bool> isThere, string awaited)
    {
        while (!isThere())
            Assert.True(
                await _arrived.WaitAsync(Patience),
                $"{awaited} did not come. There are {string.Join(", ", _spans.Select(s => s.Name).Distinct())}."
            );
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _bodies.Enqueue(body.ToArray());
        foreach (var resource in new Protobuf(body.ToArray()).Find(1))
        {
            var service = resource.Find(1, 1).Where(a => a.Text(1) == "service.name").SelectMany(a => a.Find(2)).Select(v => v.Text(1));
            if (context.Request.Path == "/v1/traces")
                foreach (var span in resource.Find(2, 2))
                    _spans.Enqueue(new(service.First(), span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5)));
            else
                foreach (var metric in resource.Find(2, 2))
                    _metrics.Enqueue(metric.Text(1));
        }
        _arrived.Release();
    }
}
