using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RecoveryVault.DevKeyVault.Faults;
using RecoveryVault.DevKeyVault.Limits;
using RecoveryVault.DevKeyVault.Management;
using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Identities;
using RecoveryVault.Keys.Local;
using RecoveryVault.Storage;

namespace RecoveryVault.DevKeyVault;

/// <summary>
/// A Key Vault for development and tests, on loopback only: one listener with TLS for key vaults and management, one without for tokens, as
/// the endpoints of managed identities are.
/// </summary>
public sealed class DevKeyVaultServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ServerIdentity _identity;
    private readonly PendingPermissions _pending;
    private readonly IDisposable[] _parts;
    private int _disposed;

    private DevKeyVaultServer(
        WebApplication app,
        PrivateDirectory data,
        ServerIdentity identity,
        PendingPermissions pending,
        IDisposable[] parts
    )
    {
        (_app, _identity, _pending, _parts) = (app, identity, pending, parts);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        Endpoint = new Uri(addresses.Single(a => a.StartsWith("https", StringComparison.Ordinal)));
        IdentityEndpoint = new Uri(addresses.Single(a => a.StartsWith("http:", StringComparison.Ordinal)));
        AuthorityFile = data[Certificates.AuthorityFile];
        ManagementTokenFile = data[ServerIdentity.ManagementTokenFile];
    }

    /// <summary>Where key vaults and management are, <c>https://127.0.0.1:PORT/</c>.</summary>
    public Uri Endpoint { get; }

    /// <summary>Where tokens are, <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri IdentityEndpoint { get; }

    /// <summary>The certificate to trust, PEM.</summary>
    public string AuthorityFile { get; }

    /// <summary>What opens the management routes.</summary>
    public string ManagementTokenFile { get; }

    internal string ManagementToken => _identity.ManagementToken;

    internal string IdentityHeader => _identity.IdentityHeader;

    /// <summary>Starts; makes data directory and keys store when missing.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="machine">The machine's clock.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="IOException">A port is taken, or a directory cannot be used.</exception>
    public static async Task<DevKeyVaultServer> StartAsync(
        ServerOptions options,
        TimeProvider machine,
        CancellationToken cancellation = default
    )
    {
        var data = new PrivateDirectory(options.DataPath);
        var identity = data.ReadOrMake(ServerIdentity.FileName, ServerJson.Default.ServerIdentity, ServerIdentity.Make);
        data.Write(ServerIdentity.ManagementTokenFile, Encoding.ASCII.GetBytes(identity.ManagementToken + "\n"));
        var keysPath = new PrivateDirectory(options.KeysPath ?? data["keys"]).Path;
        var keys = new FileBlobStore(keysPath, machine, new FileBlobStoreOptions { CreateIfMissing = true });
        var clock = new SettableClock(machine);
        var keyVaults = new LocalKeyVaults(keys, clock, identity.TenantId, options.GenerateRsa);
        var identities = new UserAssignedIdentities(keys, identity.TenantId);
        var (tokens, audit, faults, pending) = (
            new TokenAuthority(identity, machine),
            new AuditLog(data),
            new FaultRules(),
            new PendingPermissions(clock)
        );
        var limits = new ServiceLimits(new LimitSettings(options.EnforcesLimits), machine);
        var vaults = new VaultEndpoint(identity, tokens, keyVaults, identities, pending, faults, limits, audit, machine);
        var management = new ManagementEndpoint(
            identity,
            tokens,
            new ManagedKeyVaults(keyVaults, pending, audit, machine),
            identities,
            pending,
            faults,
            limits,
            audit,
            clock
        );
        var given = new IdentityEndpoint(options, identity, tokens, identities);
        var certificate = Certificates.Issue(data, machine);
        var app = Build(options, certificate);
        app.Run(context => Route(context, vaults, management, given));
        await app.StartAsync(cancellation);
        return new DevKeyVaultServer(app, data, identity, pending, [tokens, audit, pending, certificate]);
    }

    /// <summary>What a client needs to know, as lines for a shell.</summary>
    public string Describe() =>
        string.Join(
            '\n',
            $"# The development Key Vault serves https://NAME{VaultEndpoint.Suffix}/ until it is interrupted. Its clients need:",
            $"export RVAULT_KEYVAULT_ENDPOINT={Endpoint.ToString().TrimEnd('/')}",
            $"export RVAULT_KEYVAULT_CA='{AuthorityFile}'",
            $"export RVAULT_KEYVAULT_TOKEN_FILE='{ManagementTokenFile}'",
            $"export IDENTITY_ENDPOINT={IdentityEndpoint.ToString().TrimEnd('/')}{Tokens.IdentityEndpoint.AppServicePath}",
            $"export IDENTITY_HEADER={IdentityHeader}"
        );

    /// <summary>Until cancelled or told by the system to stop.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        await _pending.ApplyAllAsync();
        foreach (var part in _parts)
            part.Dispose();
    }

    private static Task Route(HttpContext context, VaultEndpoint vaults, ManagementEndpoint management, IdentityEndpoint given)
    {
        if (!context.Request.IsHttps)
            return given.HandleAsync(context);
        var isManagement =
            context.Request.Host.Host is "127.0.0.1" or "localhost"
            && context.Request.Path.StartsWithSegments($"/{ManagementEndpoint.Root}", StringComparison.Ordinal);
        return isManagement ? management.HandleAsync(context) : vaults.HandleAsync(context);
    }

    private static WebApplication Build(ServerOptions options, X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(
                IPAddress.Loopback,
                options.Port,
                listen =>
                {
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    listen.UseHttps(certificate, https => https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13);
                }
            );
            kestrel.Listen(IPAddress.Loopback, options.IdentityPort, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }
}
