using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;

namespace RecoveryVault.Tests.bench.cluster;

/// <summary>Where backups go.</summary>
internal interface IPlace
{
    VaultClient Client { get; }

    /// <summary>Processor time of what is no part of this process.</summary>
    IEnumerable<ProcessorUse> Uses();
}

/// <summary>A silo in this process.</summary>
internal sealed class EmbeddedPlace(EmbeddedSilo silo) : IPlace, IAsyncDisposable
{
    public VaultClient Client { get; } = new(silo.Client, silo.DataPlane, TimeProvider.System);

    public static async Task<EmbeddedPlace> StartAsync(string root)
    {
        var options = new EmbeddedStoreOptions
        {
            StorePath = Path.Join(root, "store"),
            KeysPath = Path.Join(root, "keys"),
            Command = "bench",
            Home = root,
            Create = true,
            Wait = TimeSpan.Zero,
        };
        return new EmbeddedPlace(
            await EmbeddedSilo.StartAsync(await EmbeddedStore.OpenAsync(options, TimeProvider.System), TimeProvider.System)
        );
    }

    public IEnumerable<ProcessorUse> Uses() => [];

    public ValueTask DisposeAsync() => silo.DisposeAsync();
}

/// <summary>Silos as processes.</summary>
internal sealed class ClusterPlace : IPlace, IAsyncDisposable
{
    private readonly List<Process> _silos = [];
    private readonly Azurite? _azurite;
    private ConnectionSecret? _secret;
    private ClusterConnection? _connection;

    private ClusterPlace(Azurite? azurite) => _azurite = azurite;

    public VaultClient Client => (_connection ?? throw new InvalidOperationException()).Client;

    public static async Task<ClusterPlace> StartAsync(string root, int silos, Azurite? azurite)
    {
        Directory.CreateDirectory(root);
        var secret = ConnectionSecret.Create();
        await using (var file = new StreamWriter(PrivateFiles.CreateNew(Path.Join(root, "secret"))))
            await file.WriteAsync(secret.Reveal());
        var place = new ClusterPlace(azurite) { _secret = secret };
        using (var create = place.Rvault(root, "store", "create"))
            await create.WaitForExitAsync();
        for (var n = 0; n < silos; n++)
            place._silos.Add(place.Rvault(root, "silo"));
        var gateways = await Task.WhenAll(place._silos.Select(GatewayAsync));
        place._connection = await ClusterConnection.OpenAsync(
            new GatewayOptions { Gateways = gateways, Secret = secret },
            TimeProvider.System
        );
        return place;
    }

    public IEnumerable<ProcessorUse> Uses()
    {
        yield return ProcessorUse.Of("silos", _silos.Select(s => s.Id));
        if (_azurite is not null)
            yield return ProcessorUse.Of("azurite", [_azurite.ProcessId]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        foreach (var silo in _silos)
        {
            silo.Kill();
            silo.Dispose();
        }
        _secret?.Dispose();
    }

    private Process Rvault(string root, params string[] command)
    {
        var program = Path.Join(AppContext.BaseDirectory, "rvault.dll");
        string[] place = _azurite is null ? ["--store", Path.Join(root, "store")] : [];
        var start = new ProcessStartInfo("dotnet", [program, .. command, .. place, "--keys", Path.Join(root, "keys"), "-o", "json"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["RVAULT_CLUSTER_SECRET_FILE"] = Path.Join(root, "secret");
        start.Environment["RVAULT_LOG_LEVEL"] = "Error";
        if (_azurite is not null)
        {
            start.Environment["RVAULT_BLOBS"] = _azurite.ConnectionString;
            start.Environment["RVAULT_BLOBS_CONTAINER"] = Path.GetFileName(root);
        }
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private static async Task<IPEndPoint> GatewayAsync(Process silo)
    {
        var printed = "";
        while (!printed.EndsWith('}'))
            printed += await silo.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("A silo ended.");
        return IPEndPoint.Parse(JsonDocument.Parse(printed).RootElement.GetProperty("gateway").GetString() ?? "");
    }
}

/// <summary>Azurite, in memory.</summary>
internal sealed partial class Azurite(Process process, int port) : IAsyncDisposable
{
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public int ProcessId => process.Id;

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    /// <summary>Null when it is not installed.</summary>
    public static async Task<Azurite?> FindAsync()
    {
        var folder = Path.GetFullPath("tests/azurite");
        if (!Directory.Exists(Path.Join(folder, "node_modules")))
            return null;
        var start = new ProcessStartInfo("node", ["serve.cjs", "--blobHost", "127.0.0.1", "--blobPort", "0", "--silent"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var option in (string[])["--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"])
            start.ArgumentList.Add(option);
        var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            if (Listening().Match(line) is { Success: true } match)
                return new Azurite(process, int.Parse(match.Groups[1].ValueSpan));
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    [GeneratedRegex("listens on http://127[.]0[.]0[.]1:([0-9]+)")]
    private static partial Regex Listening();
}
