using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using RecoveryVault.Cli;
using RecoveryVault.Health;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Serving;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>What real processes export, and what they load.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class ExportTests : IDisposable
{
    private readonly ServedPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Command_WithoutEndpoint_LoadsNothingOfOpenTelemetry()
    {
        Assert.Empty(await LoadedAsync());
        Assert.Empty(await LoadedAsync("env", "OTEL_EXPORTER_OTLP_ENDPOINT="));
        Assert.Empty(await LoadedAsync("env", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9", "OTEL_SDK_DISABLED=true"));
        Assert.NotEmpty(await LoadedAsync("env", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9"));
    }

    [Fact]
    public async Task Backup_ThroughAServer_IsOneTraceWithoutNames()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await _place.ProtectAsync();
        var health = FreePort();
        string[] environment = [.. collector.Environment, $"{RecoveryVaultHealthExtensions.AddressVariable}=127.0.0.1:{health}"];
        await using var server = _place.StartUnder(environment, TelemetryRoles.Process, "serve");
        await server.ReadLineAsync("the server's addresses");
        await RequireReadyAsync(server, health);

        string[] backup = ["protection", "backup-now", "--vault-name", "docs", "--item-name", "papers"];
        await using var client = _place.StartUnder(collector.Environment, TelemetryRoles.Process, backup);
        await client.RequireSuccessAsync();
        await collector.WaitAsync(() => Names("rvault-silo").Contains("rvault.backup.commit"), "the commit");
        await collector.WaitAsync(() => collector.Metrics.Contains("rvault.backup.stored"), "the bytes stored");

        var command = collector.Spans.Single(s => s.Name == "rvault protection backup-now");
        var trace = collector.Spans.Where(s => s.TraceId == command.TraceId).ToList();
        Assert.Equal(["rvault", "rvault-silo"], trace.Select(s => s.Service).Distinct().Order());
        string[] parts = ["rvault.backup.begin", "rvault.backup.read", "rvault.backup.commit", "rvault.store.put", "POST"];
        Assert.Equal([], parts.Except(trace.Select(s => s.Name)));
        Assert.Contains(collector.Metrics, name => name.StartsWith("orleans-", StringComparison.Ordinal));
        Assert.Empty(((string[])["dotnet.gc.collections", "http.server.request.duration"]).Except(collector.Metrics));
        foreach (var name in (string[])["docs", "papers", "to-anna", "photo.raw", _place.Source, _place.Store, _place.Keys])
            Assert.DoesNotContain(name, collector.Sent, StringComparison.Ordinal);

        IEnumerable<string> Names(string service) => collector.Spans.Where(s => s.Service == service).Select(s => s.Name);
    }

    private static async Task RequireReadyAsync(ChildProcess server, int port)
    {
        // The last line of what it prints comes when it serves.
        while (await server.ReadLineAsync("the end of its addresses") != "}") { }
        using var http = new HttpClient();
        var answer = await http.GetStringAsync($"http://127.0.0.1:{port}{HealthEndpoint.ReadyPath}");
        Assert.Equal("ok", JsonDocument.Parse(answer).RootElement.GetProperty("outcome").GetString());
    }

    private async Task<IReadOnlyList<string>> LoadedAsync(params string[] environment)
    {
        await using var child = _place.StartUnder(environment, TelemetryRoles.Assemblies, "vault", "list");
        var lines = await child.ReadToEndAsync();
        await child.RequireSuccessAsync();
        return [.. lines.Where(line => line.StartsWith("loaded OpenTelemetry", StringComparison.Ordinal))];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>The program itself as roles of a child process.</summary>
internal static class TelemetryRoles
{
    public const string Process = "rvault-process";
    public const string Assemblies = "rvault-assemblies";

    public static async Task RunAsync(string[] args) => Environment.Exit(await CommandLine.RunAsync(args, endsProcess: true));

    /// <summary>Runs a command, then prints what it made the process load.</summary>
    public static async Task ShowAssembliesAsync(string[] args)
    {
        await CommandLine.RunAsync(args, endsProcess: true);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            await Console.Out.WriteLineAsync($"loaded {assembly.GetName().Name}");
        Environment.Exit(0);
    }
}
