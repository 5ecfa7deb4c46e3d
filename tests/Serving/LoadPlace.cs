using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Connections;
using RecoveryVault.Items;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Serving;

/// <summary>Silos as processes on one store, and items of one vault to load them with.</summary>
internal sealed class LoadPlace : IAsyncDisposable
{
    public const string VaultName = "load";

    private readonly SiloPlace _place = new();
    private readonly List<ChildProcess> _processes = [];
    private ConnectionSecret? _secret;

    public string this[string relative] => _place[relative];

    public string SecretPath => _place.SecretPath;

    public IReadOnlyList<SiloAt> Silos { get; private set; } = [];

    /// <summary>What <c>--cluster</c> names.</summary>
    public string Gateways => string.Join(',', Silos.Select(s => s.Gateway));

    /// <summary>Starts so many silos on a fresh store, with some of their environment given.</summary>
    public static async Task<LoadPlace> StartAsync(int silos, params string[] variables)
    {
        var place = new LoadPlace();
        try
        {
            await place._place.CreateStoreAsync();
            for (var n = 0; n < silos; n++)
                place._processes.Add(place._place.Start(variables));
            place.Silos = await Task.WhenAll(place._processes.Select(SiloPlace.ReadyAsync));
            place._secret = SecretFile.Read(place.SecretPath);
            return place;
        }
        catch
        {
            await place.DisposeAsync();
            throw;
        }
    }

    public Task<ClusterConnection> ConnectAsync() =>
        ClusterConnection.OpenAsync(
            SiloPlace.OptionsOf(Silos, _secret ?? throw new InvalidOperationException("The silos are not started.")),
            TimeProvider.System
        );

    public static Task CreateVaultAsync(VaultClient client) =>
        client.Directory.CreateVaultAsync(
            new CreateVault
            {
                OperationId = Guid.NewGuid(),
                Name = VaultName,
                Location = "here",
            }
        );

    /// <summary>Protects an item with a source of random files and, if asked to, backs it up once.</summary>
    public async Task<IProtectedItemGrain> ProtectAsync(VaultClient client, string item, bool isBackedUp, params int[] fileBytes)
    {
        var source = new ItemSource
        {
            Path = _place.MakeSource(item, fileBytes),
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(await client.FindVaultAsync(VaultName), item, source);
        var grain = await client.FindItemAsync(VaultName, item);
        if (isBackedUp)
            await client.BackUpAsync(grain, new BackupOptions());
        return grain;
    }

    /// <summary>A command as a process of its own, that goes through the cluster.</summary>
    public ChildProcess Command(params string[] arguments) =>
        ChildProcess.StartUnder(
            ["env", $"{SecretFile.Variable}={SecretPath}", $"RVAULT_CLUSTER={Gateways}"],
            "rvault",
            [.. arguments, "--no-progress"]
        );

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        _secret?.Dispose();
        _place.Dispose();
    }
}
