using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>
/// Azurite's blob service as a process on a free port of loopback. It ends with this process, however that ends. Tests that use it carry
/// <c>[ToolsFact("node", "npm")]</c> and a container of their own.
/// </summary>
public sealed partial class AzuriteServer : IAsyncDisposable
{
    /// <summary>The account every Azurite knows, and its published key.</summary>
    public const string Account = "devstoreaccount1";

    public const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Task<AzuriteServer>> Common = new(() => StartAsync());
    private static int _containers;

    private readonly string? _directory;
    private Process? _process;

    private AzuriteServer(string? directory) => _directory = directory;

    /// <summary>Where the service listens.</summary>
    public int Port { get; private set; }

    /// <summary>The account's address.</summary>
    public Uri Endpoint => EndpointAt(Port);

    public string ConnectionString => ConnectionStringAt(Port);

    /// <summary>The one of all tests that leave it running; it keeps what it holds in memory.</summary>
    public static Task<AzuriteServer> SharedAsync() => Common.Value;

    /// <summary>Starts one; the caller disposes it.</summary>
    /// <param name="keeps">What it holds outlives <see cref="StopAsync"/>.</param>
    public static async Task<AzuriteServer> StartAsync(bool keeps = false)
    {
        await AzuritePackage.InstallAsync();
        var server = new AzuriteServer(keeps ? Directory.CreateTempSubdirectory("rvault-azurite-").FullName : null);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A name no other container has.</summary>
    public static string NewContainerName() => $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _containers)}";

    /// <summary>The account as seen through another port, such as a proxy's.</summary>
    public static Uri EndpointAt(int port) => new($"http://127.0.0.1:{port}/{Account}");

    public static string ConnectionStringAt(int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};BlobEndpoint={EndpointAt(port)};";

    /// <summary>Starts it on the port it had.</summary>
    public async Task StartAgainAsync()
    {
        string[] place = _directory is null ? ["--inMemoryPersistence"] : ["--location", _directory];
        var start = new ProcessStartInfo(
            "node",
            [
                "serve.cjs",
                "--blobHost",
                "127.0.0.1",
                "--blobPort",
                $"{Port}",
                "--silent",
                "--skipApiVersionCheck",
                "--disableTelemetry",
                .. place,
            ]
        )
        {
            WorkingDirectory = AzuritePackage.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("Azurite did not start.");
        var errors = _process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match)
                continue;
            Port = int.Parse(match.Groups[1].ValueSpan);
            _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return;
        }
        throw new InvalidOperationException($"Azurite ended: {await errors}");
    }

    /// <summary>Ends it in order; what it keeps is written.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
            return;
        using var process = _process;
        _process = null;
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await process.WaitForExitAsync(patience.Token);
    }

    /// <summary>A port of loopback at which nothing listens.</summary>
    public static int ClosedPort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing it holds is needed any more, and one that holds a lot takes its time to end in order.
        _process?.Kill(entireProcessTree: true);
        await StopAsync();
        if (_directory is not null)
            Directory.Delete(_directory, recursive: true);
    }

    [GeneratedRegex("listens on http://127[.]0[.]0[.]1:([0-9]+)")]
    private static partial Regex Listening();
}
