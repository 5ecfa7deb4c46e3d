using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Security;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Model;

/// <summary>
/// The real thing, and everything that can happen to it: two silos on one store, a twin of them that knows nothing of the two, clocks that
/// are wrong, silos that die, a whole cluster that is dropped and opened again on what it had stored.
/// </summary>
internal sealed class ModelCluster : IAsyncDisposable
{
    private const string TenantId = "11111111-1111-1111-1111-111111111111";

    private readonly MemoryBlobStore _keyStore = new();
    private readonly List<SiloClock> _clocks = [];
    private readonly CapturedLogs _logs = new();
    private InProcessTestCluster? _twin;

    private ModelCluster() { }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 5, 6, 0, 0, TimeSpan.Zero));

    /// <summary>What is stored, whatever the silos are told.</summary>
    public MemoryBlobStore Blobs { get; private set; } = null!;

    /// <summary>What the silos see of it.</summary>
    public FaultyBlobStore Store { get; private set; } = null!;

    public PlatformKeyring Keyring { get; private set; } = null!;

    public LocalKeyVaults KeyVaults { get; private set; } = null!;

    public WatchedKeyVaults KeyVaultTraffic { get; private set; } = null!;

    public InProcessTestCluster Home { get; private set; } = null!;

    public VaultClient Client { get; private set; } = null!;

    /// <summary>The client of the twin; null while there is none.</summary>
    public VaultClient? TwinClient { get; private set; }

    public bool HasTwin => _twin is not null;

    /// <summary>Opens the customers' keys as their owner.</summary>
    public KeyVaultConnector OwnerKeys { get; private set; } = null!;

    public static async Task<ModelCluster> StartAsync()
    {
        var cluster = new ModelCluster();
        cluster.Blobs = new MemoryBlobStore(cluster.Time);
        cluster.KeyVaults = new LocalKeyVaults(cluster._keyStore, cluster.Time, TenantId, RsaKeyPool.Take);
        cluster.Keyring = await PlatformKeyring.CreateAsync(cluster._keyStore, "22222222-2222-2222-2222-222222222222", cluster.Time);
        cluster.KeyVaultTraffic = new WatchedKeyVaults(
            (host, text) =>
            {
                var principal = VaultPrincipal.Parse(text);
                return cluster.KeyVaults.Open(host, KeyVaultCaller.Principal(principal.Id, isTrustedService: !principal.IsUserAssigned));
            }
        );
        IKeyVault OpenAsOwner(string host, string _) => cluster.KeyVaults.Open(host, KeyVaultCaller.Owner);
        cluster.OwnerKeys = new KeyVaultConnector(OpenAsOwner, OpenAsOwner);
        await cluster.OpenAsync();
        return cluster;
    }

    private async Task OpenAsync()
    {
        Store = new FaultyBlobStore(Blobs);
        _clocks.Clear();
        (Home, Client) = await DeployAsync(silos: 2);
    }

    private async Task<(InProcessTestCluster Cluster, VaultClient Client)> DeployAsync(short silos)
    {
        var dataPlane = new InProcessDataPlane();
        var connector = new KeyVaultConnector(KeyVaultTraffic.Open, KeyVaultTraffic.Open);
        var parts = new SiloParts(Store, Keyring, connector, dataPlane, new VerifiedClient("tester@here", VaultRole.BackupContributor))
        {
            Identities = new IdentityDirectory(new UserAssignedIdentities(_keyStore, TenantId)),
        };
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => Configure(silo, parts));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return (cluster, new VaultClient(cluster.Client, dataPlane, Time));
    }

    private void Configure(ISiloBuilder silo, SiloParts parts)
    {
        var clock = new SiloClock(Time);
        _clocks.Add(clock);
        silo.Services.AddSingleton<TimeProvider>(clock);
        silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
        silo.Services.AddLogging(logging =>
            logging.AddProvider(_logs).SetMinimumLevel(LogLevel.Warning).AddFilter<CapturedLogs>("RecoveryVault", LogLevel.Trace)
        );
        silo.UseInMemoryReminderService();
        silo.AddRecoveryVault(parts);
        silo.Services.AddSingleton(new OpenContract("ITestHooks"));
    }

    /// <summary>Nothing is stored any more: what follows is of another run.</summary>
    public void Clear() => Blobs.Become(new MemoryBlobStore(Time));

    /// <summary>What all silos have logged since the last time.</summary>
    public IReadOnlyList<string> TakeLogs() => _logs.Take();

    /// <summary>A second cluster on the same store: each grain has a second activation there.</summary>
    public async Task EnsureTwinAsync()
    {
        if (_twin is null)
            (_twin, TwinClient) = await DeployAsync(silos: 1);
    }

    public bool IsSkewed => _clocks.Any(c => c.Skew != TimeSpan.Zero);

    /// <summary>From now on one silo's clock is wrong by so much.</summary>
    public void Skew(int silo, TimeSpan skew) => _clocks[silo % _clocks.Count].Skew = skew;

    public void Unskew()
    {
        foreach (var clock in _clocks)
            clock.Skew = TimeSpan.Zero;
    }

    /// <summary>One of the two silos dies; the other one hears of it at once, and a third comes.</summary>
    public async Task KillSiloAsync(int which)
    {
        var silos = Home.Silos.ToList();
        var (victim, survivor) = (silos[which % silos.Count], silos[(which + 1) % silos.Count]);
        await Home.KillSiloAsync(victim);
        await survivor.ServiceProvider.GetRequiredService<IClusterMembershipService>().TryKill(victim.SiloAddress);
        await Home.StartAdditionalSiloAsync();
    }

    /// <summary>Everything dies at once: nothing that was under way reaches the store any more. Then it is started again.</summary>
    public async Task RebootAsync()
    {
        Store.Crash();
        await DropAsync();
        await OpenAsync();
    }

    private async Task DropAsync()
    {
        if (_twin is { } twin)
            await DropAsync(twin);
        (_twin, TwinClient) = (null, null);
        await DropAsync(Home);
    }

    private static async Task DropAsync(InProcessTestCluster cluster)
    {
        foreach (var silo in cluster.Silos.ToList())
            await cluster.KillSiloAsync(silo);
        await cluster.DisposeAsync();
    }

    /// <summary>Ends an activation wherever there is one: the next call reads storage.</summary>
    public async Task DeactivateAsync(GrainId grain)
    {
        foreach (var cluster in (InProcessTestCluster?[])[Home, _twin])
        {
            if (cluster?.TryGetGrainContext(grain, out _) is true)
                await cluster.DeactivateAsync(grain);
        }
    }

    /// <summary>A reminder's tick, on any of the silos.</summary>
    public Task TickAsync(GrainId grain, int silo, bool onTwin = false)
    {
        var silos = (onTwin && _twin is { } twin ? twin : Home).GetActiveSilos().ToList();
        var services = silos[silo % silos.Count].ServiceProvider;
        return services.GetRequiredService<IGrainFactory>().GetGrain<IRemindable>(grain).ReceiveReminder("poll", default);
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        Keyring.Dispose();
    }
}
