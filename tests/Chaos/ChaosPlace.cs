using System.Runtime.Versioning;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Storage.Azure;

namespace RecoveryVault.Tests.Chaos;

/// <summary>Azurite, the development Key Vault and silos, each a process of its own, and the way in.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosPlace : IAsyncDisposable
{
    public const string KeyVault = "contoso";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ScratchDirectory _scratch = new();
    private readonly Dictionary<string, string> _variables = [];
    private AzuriteServer? _azurite;
    private ChildProcess? _keyVault;
    private ConnectionSecret? _secret;

    public string this[string relative] => _scratch[relative];

    public List<ChaosSilo> Silos { get; } = [];

    /// <summary>Starts all of it.</summary>
    public static async Task<ChaosPlace> StartAsync(int silos)
    {
        var place = new ChaosPlace();
        try
        {
            await place.StartStoreAsync();
            place.Silos.AddRange(Enumerable.Range(1, silos).Select(i => ChaosSilo.Start($"silo-{i}", place.StartSilo)));
            await Task.WhenAll(place.Silos.Select(silo => silo.AwaitReadyAsync(Patience)));
            return place;
        }
        catch
        {
            await place.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that comes in through any of the gateways.</summary>
    public Task<ClusterConnection> ConnectAsync() =>
        ClusterConnection.OpenAsync(
            new GatewayOptions
            {
                Gateways = [.. Silos.Select(s => s.Gateway)],
                Secret = _secret ?? throw new InvalidOperationException("There is no secret yet."),
                Patience = Patience,
                ClusterId = _variables.GetValueOrDefault("RVAULT_CLUSTER_ID", "rvault"),
            },
            TimeProvider.System
        );

    /// <summary>The store, past all silos.</summary>
    public Task<IBlobStore> OpenStoreAsync() =>
        BlobStoreLocation.Read(name => _variables.GetValueOrDefault(name))!.OpenAsync(create: false, TimeProvider.System);

    /// <summary>A command for the development Key Vault, in this process.</summary>
    public Task<CommandResult> KeyVaultAsync(params string[] command) =>
        CommandPlace.RunBareAsync([
            "keyvault",
            .. command,
            "--endpoint",
            _variables["RVAULT_KEYVAULT_ENDPOINT"],
            "--ca",
            _variables["RVAULT_KEYVAULT_CA"],
            "--token-file",
            _variables["RVAULT_KEYVAULT_TOKEN_FILE"],
            "-o",
            "json",
        ]);

    /// <summary>All silos end in order, and one of a cluster that was never here starts on what they left.</summary>
    public async Task StartColdAsync(string clusterId)
    {
        await Task.WhenAll(Silos.Select(EndAsync));
        foreach (var silo in Silos)
            await silo.DisposeAsync();
        Silos.Clear();
        _variables["RVAULT_CLUSTER_ID"] = clusterId;
        Silos.Add(ChaosSilo.Start("cold", StartSilo));
        await Silos[0].AwaitReadyAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
            await silo.DisposeAsync();
        if (_keyVault is not null)
            await _keyVault.DisposeAsync();
        if (_azurite is not null)
            await _azurite.DisposeAsync();
        _secret?.Dispose();
        _scratch.Dispose();
    }

    private static async Task EndAsync(ChaosSilo silo)
    {
        silo.Signal("TERM");
        Assert.Equal(0, await silo.Process.WaitAsync(Patience));
    }

    private async Task StartStoreAsync()
    {
        _azurite = await AzuriteServer.StartAsync();
        _variables["RVAULT_BLOBS"] = _azurite.ConnectionString;
        _variables["RVAULT_BLOBS_CONTAINER"] = AzuriteServer.NewContainerName();
        _variables["RVAULT_KEYS"] = _scratch["keys"];
        _variables["RVAULT_DRAIN_SECONDS"] = "0";
        _variables[SecretFile.Variable] = _scratch["secret"];
        _secret = ConnectionSecret.Create();
        await using (var file = new StreamWriter(PrivateFiles.CreateNew(_scratch["secret"])))
            await file.WriteAsync(_secret.Reveal());
        _keyVault = ChildProcess.Start("dev-key-vault", "--data", _scratch["key-vault"]);
        while (!_variables.ContainsKey("IDENTITY_HEADER"))
            if (await _keyVault.ReadLineAsync("what its clients need") is var line && line.StartsWith("export ", StringComparison.Ordinal))
                _variables[line[7..line.IndexOf('=', StringComparison.Ordinal)]] = line.Split('=', 2)[1].Trim('\'');
        await using var create = Run(["store", "create"]);
        await create.RequireSuccessAsync();
    }

    private ChildProcess StartSilo(ChaosSilo silo) =>
        Run(
            ["silo"],
            $"RVAULT_SILO_ADDRESS={silo.Address}",
            $"RVAULT_GATEWAY_ADDRESS={silo.Gateway}",
            $"RVAULT_HEALTH_ADDRESS={silo.Health}"
        );

    private ChildProcess Run(string[] command, params string[] more) =>
        ChildProcess.StartUnder(["env", .. _variables.Select(v => $"{v.Key}={v.Value}"), .. more], "rvault", [.. command, "-o", "json"]);
}
