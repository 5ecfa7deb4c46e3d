using System.Buffers;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Core.Pipeline;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Hosting;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Storage;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Security;

/// <summary>
/// A silo whose vaults have their keys in the development Key Vault: Azure's own credential classes with a client secret, our client over
/// TLS, and everything that is logged, traced and stored at hand.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RestSecretStage : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ServerStage _server = new();
    private readonly HttpClient _authority;
    private readonly StubAuthority _tokens;
    private readonly string _clientSecret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
    private readonly MemoryBlobStore _store = new();
    private InProcessTestCluster? _cluster;
    private PlatformKeyring? _keyring;
    private RestKeyVaults? _keyVaults;

    private RestSecretStage()
    {
        _tokens = new StubAuthority(_server, _clientSecret);
        _authority = new HttpClient(_tokens);
    }

    public CapturedLogs Logs { get; } = new();

    public CapturedTraces Traces { get; } = new();

    /// <summary>One of the secrets that nobody may write down.</summary>
    public byte[] Canary => Encoding.ASCII.GetBytes(_clientSecret);

    public ServedKeyVault KeyVault { get; private set; } = null!;

    public NamedVault Vault { get; private set; } = null!;

    private VaultClient Client { get; set; } = null!;

    private PlatformKeyring Keyring => _keyring ?? throw new InvalidOperationException("Not started.");

    public static async Task<RestSecretStage> StartAsync()
    {
        var stage = new RestSecretStage();
        await stage._server.InitializeAsync();
        stage._keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), Guid.NewGuid().ToString(), TimeProvider.System);
        stage._keyVaults = stage.NewClient();
        var dataPlane = new InProcessDataPlane();
        await stage.DeployAsync(
            new SiloParts(
                stage._store,
                stage._keyring,
                new KeyVaultConnector(stage._keyVaults.Open, stage._keyVaults.Open),
                dataPlane,
                new VerifiedClient("tester@here", VaultRole.BackupContributor)
            )
        );
        stage.Client = new VaultClient(stage._cluster!.Client, dataPlane, TimeProvider.System);
        await stage.CreateVaultAsync();
        return stage;
    }

    public async Task<IProtectedItemGrain> ProtectAsync(string name)
    {
        Directory.CreateDirectory(_scratch[name]);
        await File.WriteAllTextAsync(Path.Join(_scratch[name], "letter"), $"Dear {name}");
        var source = new ItemSource
        {
            Path = _scratch[name],
            Host = "here",
            Kind = ContentKind.Tree,
        };
        await VaultClient.ProtectAsync(Vault, name, source);
        return Client.OpenItem(await KeyOfAsync(name));
    }

    public Task BackUpAsync(IProtectedItemGrain item) => Client.BackUpAsync(item, new());

    public Task RestoreAsync(IProtectedItemGrain item) =>
        Client.RestoreAsync(item, new() { Target = _scratch[$"restored-{Guid.NewGuid():n}"] });

    public Task FaultAsync(params object[] rules) => _server.ManageAsync(HttpMethod.Put, "faults", rules);

    /// <summary>What an item's rings hold now, and every other secret of the path: tokens, the client's secret, private keys.</summary>
    public async Task<Dictionary<string, SecretForms>> ReadSecretsAsync(string item)
    {
        var owner = KeyVault.Client;
        var secrets = await RingSecrets.ReadAsync(
            _store,
            Keyring,
            new KeyVaultConnector((_, _) => owner, (_, _) => owner),
            await KeyOfAsync(item),
            item
        );
        secrets["client secret"] = new(Canary);
        secrets["platform key"] = new(Keyring.Current.Secret.Span);
        secrets["management token"] = new(Encoding.ASCII.GetBytes(_server.Server.ManagementToken));
        // The signature is what nobody else can make.
        foreach (var (token, at) in _tokens.Given.Select((t, i) => (t, i)))
            secrets[$"bearer token {at}"] = new(Encoding.ASCII.GetBytes(token.Split('.')[2]));
        foreach (var (version, key) in await ReadPrivateKeysAsync())
            secrets[$"private key {version}"] = key;
        return secrets;
    }

    /// <summary>Everything written down outside of the key vault.</summary>
    public async Task<List<(string Place, byte[] Content)>> ReadPlacesAsync(IEnumerable<string> said)
    {
        List<(string, byte[])> places =
        [
            ("log", Encoding.UTF8.GetBytes(Logs.Text)),
            ("activities", Encoding.UTF8.GetBytes(Traces.Activities)),
            ("Azure's events", Encoding.UTF8.GetBytes(Traces.Events)),
            ("errors", Encoding.UTF8.GetBytes(string.Join('\n', said))),
            ("audit log", await ReadSharedAsync(Path.Combine(_server.DataPath, "audit.log"))),
        ];
        await foreach (var blob in _store.ListAllAsync(""))
            places.Add(("blob", (await _store.GetAsync(blob.Name))?.Content.ToArray() ?? []));
        return places;
    }

    public Task StoreAsync(string name, byte[] content) => _store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);

    public ILogger Logger => _cluster!.Silos[0].ServiceProvider.GetRequiredService<ILogger<RestSecretStage>>();

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        await _server.DisposeAsync();
        _server.Dispose();
        _keyVaults?.Dispose();
        _keyring?.Dispose();
        _authority.Dispose();
        _tokens.Dispose();
        Traces.Dispose();
        Logs.Dispose();
        _scratch.Dispose();
    }

    private async Task<ItemKey> KeyOfAsync(string name) => new(Vault.VaultId, await Vault.Vault.FindItemAsync(name));

    private RestKeyVaults NewClient()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(_server.Server.AuthorityFile);
        var options = new RestOptions
        {
            Endpoint = _server.Server.Endpoint,
            TrustedRoots = roots,
            RetryDelay = TimeSpan.FromMilliseconds(1),
            ThrottledPause = TimeSpan.FromMilliseconds(1),
            FirstOutagePause = TimeSpan.FromTicks(1),
            LongestOutagePause = TimeSpan.FromTicks(1),
        };
        return new RestKeyVaults(options, NewCredential, TimeProvider.System);
    }

    private ClientSecretCredential NewCredential(string principal)
    {
        var options = new ClientSecretCredentialOptions
        {
            Transport = new HttpClientTransport(_authority),
            DisableInstanceDiscovery = true,
        };
        options.AdditionallyAllowedTenants.Add("*");
        return new ClientSecretCredential(Guid.NewGuid().ToString(), VaultPrincipal.Parse(principal).Id, _clientSecret, options);
    }

    private async Task DeployAsync(SiloParts parts)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.Services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
                silo.UseInMemoryReminderService();
                silo.AddRecoveryVault(parts);
                silo.Services.AddSingleton(TimeProvider.System).AddSingleton(new OpenContract("ITestHooks"));
            }
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    private async Task CreateVaultAsync()
    {
        KeyVault = await _server.CreateAsync(new { location = "westeurope", enablePurgeProtection = true });
        var key = KeyId.Parse(await KeyVault.CreateKeyAsync("kek"));
        var created = await Client.Directory.CreateVaultAsync(
            new()
            {
                OperationId = Guid.NewGuid(),
                Name = "canary",
                Location = "westeurope",
            }
        );
        Vault = Client.Open(created.VaultId);
        var identity = await Vault.Vault.AssignIdentityAsync(new ChangeIdentity(Guid.NewGuid()));
        await KeyVault.AllowAsync(identity.PrincipalId ?? "", "get", "list", "wrapKey", "unwrapKey");
        var request = new UpdateEncryption { OperationId = Guid.NewGuid(), KeyUri = key.Versionless.ToString() };
        await VaultClient.UpdateEncryptionAsync(Vault, request);
    }

    private async Task<List<(string Version, SecretForms Key)>> ReadPrivateKeysAsync()
    {
        var keys = new FileBlobStore(Path.Combine(_server.DataPath, "keys"), TimeProvider.System);
        var blob = await keys.GetAsync($"keys/{KeyVault.Name}/kek.json");
        using var record = JsonDocument.Parse(blob?.Content ?? default);
        List<(string, SecretForms)> found = [];
        foreach (var version in record.RootElement.GetProperty("versions").EnumerateArray())
        {
            // The middle is in the private exponent.
            var pkcs8 = version.GetProperty("privateKey").GetBytesFromBase64();
            found.Add(($"{version.GetProperty("version")}", new(pkcs8.AsSpan(pkcs8.Length / 2, 32))));
        }
        return found;
    }

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var content = new MemoryStream();
        await file.CopyToAsync(content);
        return content.ToArray();
    }
}
