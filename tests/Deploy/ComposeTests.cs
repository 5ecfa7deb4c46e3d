using System.Net;
using RecoveryVault.Health;
using RecoveryVault.Keys;
using RecoveryVault.Stores;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Deploy;

public sealed class ComposeTests
{
    private const string File = "deploy/compose.yaml";

    private static readonly Yaml Compose = Yaml.Read(File);

    private static IEnumerable<(string Key, Yaml Value)> Silos =>
        Compose["services"].Entries.Where(s => s.Key.StartsWith("silo-", StringComparison.Ordinal));

    [Fact]
    public void Settings_OfEveryService_AreKnown()
    {
        Assert.Equal([], KnownSettings.Unknown(KnownSettings.In(File)));
        Assert.Equal([], KnownSettings.Unknown(KnownSettings.In("deploy/Dockerfile")));
    }

    [Fact]
    public void Silos_OnOneLoopback_HaveAddressesOfTheirOwn()
    {
        string[] addresses = ["RVAULT_SILO_ADDRESS", "RVAULT_GATEWAY_ADDRESS", "RVAULT_DATA_PLANE_ADDRESS", "RVAULT_HEALTH_ADDRESS"];
        var given = Silos.SelectMany(s => addresses.Select(a => s.Value["environment", a].Text)).ToList();

        Assert.Equal(12, given.Distinct().Count());
        Assert.All(given, address => Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(address).Address)));
        Assert.All(Silos, s => Assert.Equal("service:azurite", s.Value["network_mode"].Text));
        var gateways = Compose["services", "cli", "environment", "RVAULT_CLUSTER"].Text.Split(',');
        Assert.Equal(Silos.Select(s => s.Value["environment", "RVAULT_GATEWAY_ADDRESS"].Text), gateways);
    }

    [Fact]
    public void Silos_AreProbed_WhereTheyAnswer() =>
        Assert.All(
            Silos,
            s =>
            {
                var port = IPEndPoint.Parse(s.Value["environment", "RVAULT_HEALTH_ADDRESS"].Text).Port;
                var probe = s.Value["healthcheck", "test"].Items.Last().Text;
                Assert.Contains($"/dev/tcp/127.0.0.1/{port};", probe, StringComparison.Ordinal);
                Assert.Contains(HealthEndpoint.ReadyPath, probe, StringComparison.Ordinal);
            }
        );

    [Fact]
    public void Names_OfVolumesAndServices_LeadSomewhere()
    {
        var volumes = Compose["volumes"].Entries.Select(v => v.Key).ToHashSet();
        var services = Compose["services"].Entries.ToDictionary(s => s.Key, s => s.Value);
        foreach (var (name, service) in services)
        {
            Assert.Equal([], service["volumes"].Items.Select(v => v.Text.Split(':')[0]).Except(volumes));
            var needs = service["depends_on"].Entries.Select(d => d.Key).Concat(service["depends_on"].Items.Select(d => d.Text));
            Assert.Equal([], needs.Except(services.Keys));
            Assert.True(service["image"].IsThere && !service["privileged"].IsThere && !service["ports"].IsThere, name);
        }
    }

    /// <summary>The probe as it stands there, on a real endpoint.</summary>
    [ToolsFact("bash", "grep")]
    public async Task Probe_OfASilo_SaysWhetherItIsReady()
    {
        var store = new MemoryBlobStore();
        var keys = new MemoryBlobStore();
        var made = await StoreManifest.CreateAsync(store, Guid.NewGuid().ToString(), "rvault", keys, TimeProvider.System);
        using PlatformKeyring keyring = made.Keyring;
        var status = SiloStatus.Active;
        var health = new SiloHealth(() => status, () => true, store, keyring, TimeProvider.System);
        await using var endpoint = await HealthEndpoint.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), health);
        var probe = Silos.First().Value["healthcheck", "test"].Items.Last().Text;
        probe = probe.Replace("/8081;", $"/{endpoint.Address.Port};", StringComparison.Ordinal);

        Assert.True(ChildProcess.Succeeds("bash", "-c", probe));
        status = SiloStatus.Joining;
        Assert.False(ChildProcess.Succeeds("bash", "-c", probe));
    }

    [Fact]
    public void Image_InItsLastStages_IsNobodysRoot()
    {
        var lines = Repository.Lines("deploy/Dockerfile").Where(line => !line.StartsWith('#')).ToList();
        var stages = lines.Count(line => line.StartsWith("FROM ", StringComparison.Ordinal));
        Assert.Equal(4, stages);
        Assert.Equal(2, lines.Count(line => line == "USER $APP_UID"));
        // The last USER comes before what is started.
        Assert.True(lines.LastIndexOf("USER $APP_UID") < lines.FindLastIndex(l => l.StartsWith("ENTRYPOINT", StringComparison.Ordinal)));
        Assert.Equal("CMD [\"silo\"]", lines[^1]);
        foreach (var line in Repository.Lines("deploy/Dockerfile.dockerignore").Where(line => line.StartsWith('!')))
            Assert.True(Path.Exists(Path.Combine(Repository.Root, line[1..])), line);
    }
}
