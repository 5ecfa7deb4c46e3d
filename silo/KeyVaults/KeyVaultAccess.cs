using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.KeyVaults;

/// <summary>
/// How this process reaches key vaults, from its environment: Azure Key Vault with Azure's own variables for credentials, and the
/// development server in place of the local key vault when <c>RVAULT_KEYVAULT_ENDPOINT</c> names one.
/// </summary>
public sealed class KeyVaultAccess
{
    public const string EndpointVariable = "RVAULT_KEYVAULT_ENDPOINT";
    public const string RootsVariable = "RVAULT_KEYVAULT_CA";
    public const string ApiVersionVariable = "RVAULT_KEYVAULT_API_VERSION";
    public const string ShareVariable = "RVAULT_KEYVAULT_LIMIT_PERCENT";

    private readonly RestOptions _options;
    private readonly Func<string, string?> _variable;

    private KeyVaultAccess(RestOptions options, Func<string, string?> variable) => (_options, _variable) = (options, variable);

    /// <summary>As the environment of this process says.</summary>
    /// <exception cref="VaultException">InvalidRequest: a variable cannot be used.</exception>
    public static KeyVaultAccess OfProcess() => Read(Environment.GetEnvironmentVariable);

    /// <summary>Local key vaults and Azure, whatever development server the environment names.</summary>
    public static KeyVaultAccess WithoutServer() =>
        Read(name => name is EndpointVariable or RootsVariable ? null : Environment.GetEnvironmentVariable(name));

    /// <summary>Whether <c>*.vault.localhost</c> is a development server instead of the local key vault.</summary>
    public bool UsesServer => Endpoint is not null;

    /// <summary>Where that server is; null: there is none.</summary>
    public Uri? Endpoint => _options.Endpoint;

    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest: a variable cannot be used.</exception>
    public static KeyVaultAccess Read(Func<string, string?> variable)
    {
        string? Set(string name) => variable(name) is { Length: > 0 } value ? value : null;
        var options = new RestOptions();
        if (Set(ApiVersionVariable) is { } apiVersion)
            options = options with { ApiVersion = apiVersion };
        if (Set(ShareVariable) is { } share)
            options = options with { UnitsPerTenSeconds = UnitsOf(share) };
        if (Set(EndpointVariable) is { } endpoint)
            options = options with { Endpoint = EndpointOf(endpoint) };
        if (Set(RootsVariable) is { } file)
            options = options.Endpoint is null
                ? throw Invalid(RootsVariable, $"it is set without {EndpointVariable}: Azure is trusted by the machine's roots only")
                : options with
                {
                    TrustedRoots = RootsIn(file),
                };
        return new(options, Set);
    }

    /// <summary>Leads to every kind of key vault.</summary>
    /// <param name="openLocal">Opens a local key vault by host and principal.</param>
    /// <param name="time">The clock of timeouts.</param>
    public KeyVaultConnector Connect(Func<string, string, IKeyVault> openLocal, TimeProvider time)
    {
        // Made when first asked for: loading Azure's libraries takes longer than a small command.
        var azure = new Lazy<Func<string, string, IKeyVault>>(() => OpenerOfAzure(time));
        return new(UsesServer ? OpenerOfServer(time) : Counted(openLocal, time), (host, principal) => azure.Value(host, principal))
        {
            UnitsPerTenSeconds = _options.UnitsPerTenSeconds,
            IsLocalUnlimited = !UsesServer,
        };
    }

    /// <summary>Connections to the development server itself, for its management: to that endpoint and its certificate only.</summary>
    public SocketsHttpHandler ConnectToServer()
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        };
        if (_options.TrustedRoots is { } roots)
            sockets.SslOptions.CertificateChainPolicy = RestKeyVaults.Trusting(roots);
        return sockets;
    }

    private static Func<string, string, IKeyVault> Counted(Func<string, string, IKeyVault> open, TimeProvider time) =>
        (host, principal) => new CountedKeyVault(open(host, principal), host, time);

    private Func<string, string, IKeyVault> OpenerOfAzure(TimeProvider time) =>
        new RestKeyVaults(_options with { Endpoint = null, TrustedRoots = null }, new VaultCredentials(_variable).OnAzure, time).Open;

    private Func<string, string, IKeyVault> OpenerOfServer(TimeProvider time) =>
        new RestKeyVaults(_options, VaultCredentials.OfPrincipal, time).Open;

    private static int UnitsOf(string percent) =>
        int.TryParse(percent, NumberStyles.None, CultureInfo.InvariantCulture, out var share) && share is >= 1 and <= 100
            ? CallWeights.Limit * share / 100
            : throw Invalid(ShareVariable, $"'{percent}' is no whole number from 1 to 100");

    private static Uri EndpointOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var endpoint)
        && endpoint is { Scheme: "https", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? endpoint
            : throw Invalid(EndpointVariable, $"'{text}' is not of the form https://HOST:PORT");

    private static X509Certificate2Collection RootsIn(string file)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(file);
            return roots.Count > 0 ? roots : throw Invalid(RootsVariable, $"'{file}' holds no certificate");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Invalid(RootsVariable, $"'{file}' cannot be read: {e.Message}");
        }
    }

    private static VaultException Invalid(string variable, string why) =>
        new(ErrorCodes.InvalidRequest, $"{variable} cannot be used: {why}.");
}
