using Microsoft.Extensions.DependencyInjection;
using Orleans.Reminders;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Tests.Scale;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>One silo with many vaults whose keys are in few key vaults, in simulated time.</summary>
internal sealed class ScaleStage : IAsyncDisposable
{
    private const int MakingAtOnce = 8;

    private readonly InProcessTestCluster _cluster;
    private readonly CountedStore _counted;
    private readonly PlatformKeyring _keyring;
    private readonly ReminderRows _reminders;
    private readonly SimulatedTime _standing = new(Start);

    private ScaleStage(RestOptions options, PlatformKeyring keyring)
    {
        (_keyring, _reminders) = (keyring, new ReminderRows());
        Simulation = new Simulation(new SimulatedTime(Start));
        KeyVaults = new SimulatedKeyVaults(Simulation, Figures, options);
        _counted = new CountedStore(Store);
        _cluster = Build(_counted);
    }

    public Simulation Simulation { get; }

    public SimulationFigures Figures { get; } = new();

    public SimulatedKeyVaults KeyVaults { get; }

    public MemoryBlobStore Store { get; } = new();

    /// <summary>What was asked of the store so far.</summary>
    public StoreUse Stored => _counted.Uses.All;

    public VaultClient Client { get; private set; } = null!;

    public IReadOnlyList<NamedVault> Vaults { get; private set; } = [];

    /// <summary>When time began to go on.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    public static string HostOf(int keyVault) => $"kv{keyVault}.vault.azure.net";

    public static async Task<ScaleStage> CreateAsync(RestOptions options, int vaults, int items, int keyVaults)
    {
        var keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "22222222-2222-2222-2222-222222222222", TimeProvider.System);
        var stage = new ScaleStage(options, keyring);
        await stage._cluster.DeployAsync();
        stage.Client = new VaultClient(stage._cluster.Client, new InProcessDataPlane(), stage.Simulation.Time);
        var made = new NamedVault[vaults];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, vaults),
            new ParallelOptions { MaxDegreeOfParallelism = MakingAtOnce },
            async (i, _) => made[i] = await stage.MakeAsync($"v{i:d5}", items, HostOf(i % keyVaults))
        );
        stage.Vaults = made;
        return stage;
    }

    private InProcessTestCluster Build(CountedStore store)
    {
        var parts = new SiloParts(
            store,
            _keyring,
            new KeyVaultConnector(KeyVaults.Open, KeyVaults.Open),
            new InProcessDataPlane(),
            new VerifiedClient("tester@here", VaultRole.BackupContributor)
        );
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.Services.AddSingleton<TimeProvider>(Simulation.Time);
                silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
                silo.Services.AddKeyedSingleton<TimeProvider>(ReminderTimeProviderNames.Reminders, _standing);
                silo.AddReminders();
                silo.Services.AddSingleton<IReminderTable>(_reminders);
                silo.AddRecoveryVault(parts);
                silo.Services.AddSingleton<PassTurns, SimulatedTurns>();
                silo.Services.AddSingleton(new OpenContract("ITestHooks"));
                silo.Services.AddSingleton(Simulation);
                silo.Services.AddSingleton(Figures);
                silo.AddOutgoingGrainCallFilter<SendingFilter>();
                silo.AddIncomingGrainCallFilter<ReceivingFilter>();
            }
        );
        return builder.Build();
    }

    private async Task<NamedVault> MakeAsync(string name, int items, string host)
    {
        var created = await Client.Directory.CreateVaultAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = name,
                Location = "westeurope",
            }
        );
        var vault = Client.Open(created.VaultId);
        await vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        var key = SimulatedKeyVaults.Version(host, 1).Versionless;
        await vault.Vault.UpdateEncryptionAsync(new() { OperationId = Guid.NewGuid(), KeyUri = key.ToString() });
        for (var i = 0; i < items; i++)
        {
            var ticket = await vault.Vault.AttemptProtectionAsync(new AttemptProtection(Guid.NewGuid(), $"i{i}"));
            await vault.Vault.CompleteProtectionAsync(new CompleteProtection(ticket, $"i{i}", Cluster.VaultStage.Source));
        }
        return vault;
    }

    /// <summary>Has every reminder tick as it was registered, and time go on.</summary>
    public Task LiveAsync(TimeSpan time)
    {
        var grains = _cluster.GetActiveSilos().First().ServiceProvider.GetRequiredService<IGrainFactory>();
        foreach (var row in _reminders.All)
        {
            var schedule = grains.GetGrain<IRemindable>(row.GrainId);
            Simulation.Time.CreateTimer(_ => Tick(schedule, row.ReminderName), null, DueOf(row), row.Period);
        }
        return Task.Factory.StartNew(
            () => Simulation.Run(time),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>When the first tick comes after the registration.</summary>
    private TimeSpan DueOf(ReminderEntry row) => row.StartAt - _standing.GetUtcNow().UtcDateTime;

    private void Tick(IRemindable schedule, string name)
    {
        Simulation.Enter();
        _ = Task.Run(async () =>
        {
            try
            {
                await schedule.ReceiveReminder(name, default);
            }
            finally
            {
                Simulation.Leave();
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Simulation.Dispose();
        _keyring.Dispose();
    }
}
