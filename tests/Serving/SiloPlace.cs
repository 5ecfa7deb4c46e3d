using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Catalogues;
using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Items;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Serving;

/// <summary>A store of its own with keys and the secret of a cluster, and silos on it as processes.</summary>
internal sealed class SiloPlace : IDisposable
{
    /// <summary>Of everything that waits for a lost silo: ten to twenty seconds, and more on a machine that does a lot besides.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ScratchDirectory _scratch = new();

    public SiloPlace()
    {
        using var secret = ConnectionSecret.Create();
        using var file = new StreamWriter(PrivateFiles.CreateNew(SecretPath));
        file.Write(secret.Reveal());
    }

    public string this[string relative] => _scratch[relative];

    public string SecretPath => _scratch["secret"];

    public EmbeddedStoreOptions Options =>
        new()
        {
            StorePath = _scratch["store"],
            KeysPath = _scratch["keys"],
            Command = "rvault silo",
            Home = _scratch["home"],
            Wait = TimeSpan.Zero,
        };

    public SiloSettings Settings => SiloSettings.Read(name => name == SecretFile.Variable ? SecretPath : null);

    public async Task CreateStoreAsync() => (await EmbeddedStore.OpenAsync(Options with { Create = true }, TimeProvider.System)).Dispose();

    /// <summary>Starts a silo as a process; some of its environment may be given.</summary>
    public ChildProcess Start(params string[] variables) =>
        ChildProcess.StartUnder(
            ["env", $"{SecretFile.Variable}={SecretPath}", "RVAULT_DRAIN_SECONDS=0", .. variables],
            "rvault",
            ["silo", "--store", _scratch["store"], "--keys", _scratch["keys"], "--wait", "0", "-o", "json"]
        );

    /// <summary>What a silo prints when it is ready.</summary>
    public static async Task<SiloAt> ReadyAsync(ChildProcess silo)
    {
        var printed = "";
        while (!printed.EndsWith('}'))
            printed += await silo.ReadLineAsync("the silo's addresses");
        var json = JsonDocument.Parse(printed).RootElement;
        return new SiloAt(
            silo,
            IPEndPoint.Parse(json.GetProperty("gateway").GetString() ?? ""),
            json.GetProperty("dataPlane").GetString() ?? ""
        );
    }

    /// <summary>A source of random bytes.</summary>
    public string MakeSource(string name, params int[] fileBytes)
    {
        Directory.CreateDirectory(_scratch[name]);
        for (var i = 0; i < fileBytes.Length; i++)
            File.WriteAllBytes(_scratch[$"{name}/{i}"], RandomNumberGenerator.GetBytes(fileBytes[i]));
        return _scratch[name];
    }

    /// <summary>Protects a directory, <c>source</c>, as <c>papers</c> in a new vault <c>docs</c>.</summary>
    public async Task<IProtectedItemGrain> ProtectAsync(VaultClient client)
    {
        var source = MakeSource("source", 100, 3_000_000);
        await client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = "docs",
                Location = "home",
            }
        );
        var vault = await client.FindVaultAsync("docs");
        var what = new ItemSource
        {
            Path = source,
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(vault, "papers", what);
        return await client.FindItemAsync("docs", "papers");
    }

    /// <summary>Sends a signal to a silo's process.</summary>
    public static async Task SignalAsync(SiloAt silo, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{silo.Process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The way in through any of them.</summary>
    public static GatewayOptions OptionsOf(IEnumerable<SiloAt> silos, ConnectionSecret secret) =>
        new()
        {
            Gateways = [.. silos.Select(s => s.Gateway)],
            Secret = secret,
            Patience = Patience,
        };

    public void Dispose() => _scratch.Dispose();
}

/// <summary>A silo that is ready, and where.</summary>
internal sealed record SiloAt(ChildProcess Process, IPEndPoint Gateway, string DataPlane);
