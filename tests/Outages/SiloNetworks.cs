using System.Net;
using System.Net.Sockets;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Outages;

/// <summary>
/// A network of its own for each silo, with nothing in it but loopback. Whoever a silo wants to reach has an address there at which one end
/// of a line listens; the lines come together in this process, which can cut each of them. Addresses are the same everywhere, as
/// connections prove which address they were meant for.
/// </summary>
internal sealed class SiloNetworks(int silos) : IAsyncDisposable
{
    private const int SiloPort = 21111;
    private const int GatewayPort = 21112;
    private const int DataPlanePort = 21113;
    private const int StorePort = 21114;
    private const int KeyVaultPort = 21115;
    private const int TokenPort = 21116;

    private readonly ScratchDirectory _sockets = new();
    private readonly List<ChildProcess> _agents = [];
    private readonly List<Relay> _relays = [];
    private readonly Dictionary<string, Relay> _lines = [];

    /// <summary>The lines that can be cut: between two silos, and from a silo to the store or the key vault.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Keys.Order(StringComparer.Ordinal)];

    public static string StoreLine(int silo) => $"silo{silo}-store";

    public static int PortOfStore => StorePort;

    public static int PortOfKeyVault => KeyVaultPort;

    public static int PortOfTokens => TokenPort;

    public async Task StartAsync(int storePort, int keyVaultPort, int tokenPort)
    {
        for (var silo = 0; silo < silos; silo++)
            _agents.Add(StartAgent(silo));
        foreach (var agent in _agents)
            Assert.Equal("ready", await agent.ReadLineAsync("its lines"));
        for (var silo = 0; silo < silos; silo++)
        {
            Add(StoreLine(silo), PathOf(silo, "store"), Loopback(storePort));
            Add($"silo{silo}-keyvault", PathOf(silo, "keyvault"), Loopback(keyVaultPort));
            Add(null, PathOf(silo, "tokens"), Loopback(tokenPort));
            for (var other = 0; other < silos; other++)
                if (other != silo)
                    Add($"silo{silo}-silo{other}", PathOf(silo, $"to{other}"), new UnixDomainSocketEndPoint(PathOf(other, "silo")));
            AddWayIn(silo, GatewayPort, "gateway");
            AddWayIn(silo, DataPlanePort, "dataplane");
        }
    }

    /// <summary>What a silo is told of where to listen.</summary>
    public static string[] VariablesOf(int silo) =>
        [
            $"RVAULT_SILO_ADDRESS={AddressOf(silo)}:{SiloPort}",
            $"RVAULT_GATEWAY_ADDRESS={AddressOf(silo)}:{GatewayPort}",
            $"RVAULT_DATA_PLANE_ADDRESS={AddressOf(silo)}:{DataPlanePort}",
        ];

    /// <summary>What starts a program in a silo's network.</summary>
    public string[] WayInto(int silo) => ["nsenter", "-t", $"{_agents[silo].Id}", "-U", "-n", "--preserve-credentials"];

    public void Set(string line, Cut cut) => _lines[line].Set(cut);

    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays)
            await relay.DisposeAsync();
        foreach (var agent in _agents)
            await agent.DisposeAsync();
        _sockets.Dispose();
    }

    private static string AddressOf(int silo) => $"127.0.77.{silo + 1}";

    private static IPEndPoint Loopback(int port) => new(IPAddress.Loopback, port);

    private string PathOf(int silo, string what) => _sockets[$"{silo}.{what}"];

    private void Add(string? name, string listen, EndPoint target)
    {
        var relay = Relay.Start(new UnixDomainSocketEndPoint(listen), target);
        _relays.Add(relay);
        if (name is not null)
            _lines.Add(name, relay);
    }

    /// <summary>Clients reach a silo at the address that it has in its own network.</summary>
    private void AddWayIn(int silo, int port, string what) =>
        _relays.Add(Relay.Start(new IPEndPoint(IPAddress.Parse(AddressOf(silo)), port), new UnixDomainSocketEndPoint(PathOf(silo, what))));

    private ChildProcess StartAgent(int silo)
    {
        List<string> lines =
        [
            $"127.0.0.1:{StorePort}={PathOf(silo, "store")}",
            $"127.0.0.1:{KeyVaultPort}={PathOf(silo, "keyvault")}",
            $"127.0.0.1:{TokenPort}={PathOf(silo, "tokens")}",
            $"{PathOf(silo, "silo")}={AddressOf(silo)}:{SiloPort}",
            $"{PathOf(silo, "gateway")}={AddressOf(silo)}:{GatewayPort}",
            $"{PathOf(silo, "dataplane")}={AddressOf(silo)}:{DataPlanePort}",
        ];
        for (var other = 0; other < silos; other++)
            if (other != silo)
                lines.Add($"{AddressOf(other)}:{SiloPort}={PathOf(silo, $"to{other}")}");
        string[] wrapper = ["unshare", "-Urn", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"];
        return ChildProcess.StartUnder(wrapper, "relay", [.. lines]);
    }
}
