using RecoveryVault.Connections;
using RecoveryVault.Embedded;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage.Azure;

namespace RecoveryVault.Tests.Serving;

/// <summary>A store in Azurite with keys and the secret of a cluster, and silos on it as processes, each by the way it is given.</summary>
internal sealed class AzureSiloPlace(AzuriteServer azurite) : IDisposable
{
    private readonly SiloPlace _place = new();

    public string this[string relative] => _place[relative];

    public string SecretPath => _place.SecretPath;

    public string Container { get; } = AzuriteServer.NewContainerName();

    public EmbeddedStoreOptions Options => _place.Options;

    public IBlobStore Blobs { get; private set; } = null!;

    /// <summary>Makes container, store and keys.</summary>
    public async Task CreateStoreAsync()
    {
        var location = BlobStoreLocation.Parse(azurite.ConnectionString, Container);
        var (parts, _) = await RemoteStore.CreateAsync(location, _place.Options, TimeProvider.System);
        parts.Keyring.Dispose();
        Blobs = parts.Blobs;
    }

    /// <summary>Starts a silo as a process.</summary>
    /// <param name="store">A connection string; null: straight to Azurite.</param>
    /// <param name="variables">Some of its environment, which goes before all else.</param>
    public ChildProcess Start(string? store = null, params string[] variables) => StartUnder([], store, variables);

    /// <summary>Starts a silo as a process under another program.</summary>
    public ChildProcess StartUnder(IReadOnlyList<string> wrapper, string? store = null, params string[] variables) =>
        ChildProcess.StartUnder([.. wrapper, "env", .. Variables(store), .. variables], "rvault", ["silo", "-o", "json"]);

    public string MakeSource(string name, params int[] fileBytes) => _place.MakeSource(name, fileBytes);

    public void Dispose() => _place.Dispose();

    private string[] Variables(string? store) =>
        [
            $"{SecretFile.Variable}={SecretPath}",
            "RVAULT_DRAIN_SECONDS=0",
            "RVAULT_STORE=",
            $"RVAULT_KEYS={_place.Options.KeysPath}",
            $"{BlobStoreLocation.PlaceVariable}={store ?? azurite.ConnectionString}",
            $"{BlobStoreLocation.ContainerVariable}={Container}",
        ];
}
