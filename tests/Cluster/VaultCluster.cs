using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Cluster;

/// <summary>
/// Two silos in this process on one store in memory, a client that comes in through a gateway, local key vaults, and a clock that only the
/// test moves (Orleans' own loops keep the real one). Shared by the tests of a collection, which therefore name everything afresh.
/// </summary>
public sealed class VaultCluster : IAsyncLifetime
{
    private InProcessTestCluster? _cluster;
    private PlatformKeyring? _keyring;
    private SiloParts? _parts;

    /// <summary>How many silos there are.</summary>
    public short Silos { get; init; } = 2;

    /// <summary>How much each silo takes on at once.</summary>
    public SessionLimits Limits { get; init; } = SessionLimits.None;

    /// <summary>What <see cref="Store"/> writes to, where that is not <see cref="Beneath"/>.</summary>
    public IBlobStore? Place { get; init; }

    /// <summary>What else a silo is given, when it starts.</summary>
    public Action<ISiloBuilder>? Configure { get; init; }

    /// <summary>The silos' own keys.</summary>
    public PlatformKeyring Keyring => _keyring ?? throw new InvalidOperationException("The cluster is not started.");

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public FaultyBlobStore Store { get; private set; } = new(new MemoryBlobStore());

    /// <summary>What <see cref="Store"/> holds: neither fails nor counts.</summary>
    public MemoryBlobStore Beneath { get; private set; } = new();

    public MemoryBlobStore KeyStore { get; } = new();

    /// <summary>Key versions that what is stored needs.</summary>
    public KeyCensus Census => new(Beneath, new AuthenticatedRecords(Beneath, _keyring));

    /// <summary>The user-assigned identities that vaults can be given.</summary>
    public UserAssignedIdentities Identities => new(KeyStore, "11111111-1111-1111-1111-111111111111");

    public InProcessTestCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not started.");

    public LocalKeyVaults KeyVaults { get; private set; } = null!;

    /// <summary>What the silos ask of the key vaults, and how these fail.</summary>
    public WatchedKeyVaults KeyVaultTraffic { get; private set; } = null!;

    public InProcessDataPlane DataPlane { get; } = new();

    /// <summary>How long the messages of all calls were, the longest of each method.</summary>
    public MessageSizes Messages { get; } = new();

    public VaultClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Beneath = new MemoryBlobStore(Time);
        Store = new FaultyBlobStore(Place ?? Beneath);
        KeyVaults = new LocalKeyVaults(KeyStore, Time, "11111111-1111-1111-1111-111111111111", RsaKeyPool.Take);
        (_, _keyring) = await StoreManifest.CreateAsync(Store, "22222222-2222-2222-2222-222222222222", "rvault", KeyStore, Time);
        KeyVaultTraffic = new WatchedKeyVaults(
            (host, text) =>
            {
                var principal = VaultPrincipal.Parse(text);
                var opened = KeyVaults.Open(
                    host,
                    KeyVaultCaller.Principal(principal.Id, isTrustedService: !principal.IsUserAssigned, tenantId: principal.TenantId)
                );
                return principal.IsUserAssigned ? new IdentityCheckedKeyVault(opened, Identities, principal.Id) : opened;
            }
        );
        var connector = new KeyVaultConnector(KeyVaultTraffic.Open, KeyVaultTraffic.Open);
        _parts = new SiloParts(Store, _keyring, connector, DataPlane, new VerifiedClient("tester@here", VaultRole.BackupContributor))
        {
            Identities = new IdentityDirectory(Identities),
            Limits = Limits,
        };
        _cluster = await DeployAsync(_parts, Silos);
        Client = new VaultClient(_cluster.Client, DataPlane, Time);
    }

    /// <summary>
    /// Another cluster on the same store that knows nothing of this one: every grain has a second activation there. The caller disposes it.
    /// </summary>
    /// <param name="caller">Who comes in through it.</param>
    public Task<InProcessTestCluster> DeployTwinAsync(string caller = "tester@here") =>
        DeployAsync(
            (_parts ?? throw new InvalidOperationException("The cluster is not started.")) with
            {
                Client = new VerifiedClient(caller, VaultRole.BackupContributor),
            },
            silos: 1
        );

    /// <summary>A client of a <see cref="DeployTwinAsync">twin</see>.</summary>
    public VaultClient ClientOf(InProcessTestCluster twin) => new(twin.Client, DataPlane, Time);

    private async Task<InProcessTestCluster> DeployAsync(SiloParts parts, short silos)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.Services.AddSingleton<TimeProvider>(Time);
                silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
                silo.UseInMemoryReminderService();
                silo.AddRecoveryVault(parts);
                silo.Services.AddSingleton(new OpenContract("ITestHooks"));
                silo.Services.AddSingleton(Messages);
                silo.AddIncomingGrainCallFilter<MessageSizeFilter>();
                Configure?.Invoke(silo);
            }
        );
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Ends an activation, wherever it is; none is fine too.</summary>
    public async Task DeactivateAsync(GrainId grainId)
    {
        if (Cluster.TryGetGrainContext(grainId, out _))
            await Cluster.DeactivateAsync(grainId);
    }

    /// <summary>
    /// After a crash of the store: every activation that may remember something of a vault goes, and the store works again.
    /// </summary>
    public async Task RestartAsync(VaultId? vaultId = null)
    {
        Store.Recover();
        if (vaultId is not { } id)
            return;
        foreach (var type in new[] { "vault", "activity-log", "job-ledger", "key-rotation" })
        {
            var grain = GrainId.Create(type, id.ToString());
            if (Cluster.TryGetGrainContext(grain, out _))
                await Cluster.DeactivateAsync(grain);
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _keyring?.Dispose();
    }
}

/// <summary>The tests that share one cluster.</summary>
[CollectionDefinition(Name)]
public sealed class VaultClusterCollection : ICollectionFixture<VaultCluster>
{
    public const string Name = "vault cluster";
}
