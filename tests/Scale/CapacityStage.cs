using Microsoft.Extensions.DependencyInjection;
using Orleans.Reminders;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Scale;

/// <summary>
/// One silo with everything the product puts on a store, reminders too, on a store that is counted. Reminders tick when they are told to;
/// keys of vaults are in ten key vaults that answer at once.
/// </summary>
internal sealed class CapacityStage : IAsyncDisposable
{
    public const string ServiceId = "capacity";

    private const string Principal = "tester@here";
    private const int KeyVaults = 10;

    private readonly PlatformKeyring _keyring;
    private readonly InProcessDataPlane _dataPlane = new();
    private InProcessTestCluster? _cluster;

    private CapacityStage(IBlobStore inner, PlatformKeyring keyring) => (Store, _keyring) = (new CountedStore(inner), keyring);

    public CountedStore Store { get; }

    public ShiftedTime Time { get; } = new();

    public VaultClient Client { get; private set; } = null!;

    /// <summary>Calls as the silo itself makes them.</summary>
    public IGrainFactory Silo => Services.GetRequiredService<IGrainFactory>();

    public IServiceProvider Services => Cluster.GetActiveSilos().First().ServiceProvider;

    private InProcessTestCluster Cluster => _cluster ?? throw new InvalidOperationException("No silo is started.");

    public static async Task<CapacityStage> CreateAsync(IBlobStore inner)
    {
        var keyring = await PlatformKeyring.CreateAsync(inner, "22222222-2222-2222-2222-222222222222", TimeProvider.System);
        var stage = new CapacityStage(inner, keyring);
        await stage.StartAsync();
        return stage;
    }

    /// <summary>Starts a silo that knows nothing but what is in the store.</summary>
    public async Task StartAsync()
    {
        var parts = new SiloParts(
            Store,
            _keyring,
            new KeyVaultConnector(Open, Open),
            _dataPlane,
            new VerifiedClient(Principal, VaultRole.BackupContributor)
        );
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.Options.ServiceId = ServiceId;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.Services.AddSingleton<TimeProvider>(Time);
                silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
                silo.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, new StandingTime());
                silo.AddRecoveryVault(parts);
                silo.AddBlobStoreReminders();
                silo.Services.AddSingleton(new OpenContract("ITestHooks"));
            }
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        Client = new VaultClient(_cluster.Client, _dataPlane, Time);

        static InstantKeyVault Open(string host, string principal) => new(host);
    }

    public async Task StopAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _cluster = null;
    }

    /// <summary>A vault with an identity of its own and a key whose rotation is followed: so with a reminder.</summary>
    public async Task<NamedVault> MakeVaultAsync(string name, int number)
    {
        var request = new CreateVault
        {
            OperationId = Guid.NewGuid(),
            Name = name,
            Location = "westeurope",
        };
        var vault = Client.Open((await Client.Directory.CreateVaultAsync(request)).VaultId);
        await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        var key = InstantKeyVault.UriOf($"kv{number % KeyVaults}.vault.azure.net");
        await vault.Vault.UpdateEncryptionAsync(new() { OperationId = Guid.NewGuid(), KeyUri = key });
        return vault;
    }

    /// <summary>Protects an item whose source nobody looks at.</summary>
    public static async Task ProtectAsync(NamedVault vault, string item, string path = "/srv/data")
    {
        var source = new ItemSource
        {
            Path = path,
            Host = "host-1",
            Kind = ContentKind.Tree,
        };
        var ticket = await vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), item));
        await vault.Vault.CompleteProtectionAsync(new CompleteProtection(ticket, item, source));
    }

    /// <summary>What the reminder of a vault's rotation does each time.</summary>
    public Task TickAsync(VaultId vault) =>
        Silo.GetGrain<IRemindable>(GrainId.Create("key-rotation", vault.ToString())).ReceiveReminder("poll", default);

    /// <summary>Ends every activation that is not at work.</summary>
    public Task DeactivateAllAsync() => Silo.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    /// <summary>Returns when nothing has been asked of the store for a moment: calls that nobody waits for are done.</summary>
    public async Task RestAsync()
    {
        for (var (calls, quiet) = (-1L, 0); quiet < 6; )
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            var now = Store.Uses.All.Calls;
            (calls, quiet) = (now, now == calls ? quiet + 1 : 0);
        }
    }

    /// <summary>What was asked of the store from now until what is done rests.</summary>
    public async Task<StoreUses> CountAsync(Func<Task> work)
    {
        await RestAsync();
        var before = Store.Uses;
        await work();
        await RestAsync();
        return Store.Uses - before;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _keyring.Dispose();
    }
}
