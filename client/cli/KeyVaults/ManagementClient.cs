using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;
using RecoveryVault.KeyVaults;

namespace RecoveryVault.Cli.KeyVaults;

/// <summary>
/// The management routes of a development server, for who has its token. The token goes to nobody but the endpoint, over TLS, and only to
/// a certificate of the roots that were named.
/// </summary>
internal sealed class ManagementClient : IDisposable
{
    /// <summary>Both ends say which version of the routes they speak.</summary>
    public const string VersionHeader = "x-rvault-management-version";

    public const string Version = "1";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly string _tokenFile;

    public ManagementClient(Uri endpoint, HttpMessageHandler handler, ManagementToken token)
    {
        _tokenFile = token.File;
        _http = new HttpClient(handler) { BaseAddress = new Uri(endpoint, "manage/"), Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        _http.DefaultRequestHeaders.Add(VersionHeader, Version);
    }

    private string Endpoint => _http.BaseAddress?.GetLeftPart(UriPartial.Authority) ?? "";

    /// <summary>A part of a path or a query, whatever it holds.</summary>
    public static string Part(string text) => Uri.EscapeDataString(text);

    public static HttpContent Body<T>(T value, JsonTypeInfo<T> type)
    {
        var body = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        body.Headers.ContentType = new("application/json");
        return body;
    }

    /// <exception cref="VaultException">The server is not there, does not take the token, or is another version.</exception>
    /// <exception cref="Keys.KeyVaultException">It refuses, in Key Vault's words.</exception>
    public async Task<T> SendAsync<T>(
        HttpMethod method,
        string path,
        JsonTypeInfo<T> type,
        HttpContent? body,
        CancellationToken cancellation
    )
    {
        var content = await SendAsync(method, path, body, cancellation);
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw NotUnderstood("it is empty");
        }
        catch (JsonException e)
        {
            throw NotUnderstood(e.Message);
        }
    }

    public Task SendAsync(HttpMethod method, string path, CancellationToken cancellation) => SendAsync(method, path, null, cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            using var answer = await _http.SendAsync(request, cancellation);
            var content = await answer.Content.ReadAsByteArrayAsync(cancellation);
            RequireVersion(answer);
            if (answer.IsSuccessStatusCode)
                return content;
            throw ServedRefusals.Of((int)answer.StatusCode, content, Endpoint, _tokenFile);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw NotThere($"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private void RequireVersion(HttpResponseMessage answer)
    {
        var version = answer.Headers.TryGetValues(VersionHeader, out var said) ? string.Join(',', said) : null;
        if (version != Version)
            throw new VaultException(
                ErrorCodes.ProtocolMismatch,
                version is null
                    ? $"What answers at {Endpoint} is no development Key Vault that this rvault can manage."
                    : $"The development Key Vault at {Endpoint} speaks version {version} of its management routes, this rvault {Version}.",
                "Use a server and an rvault of the same release."
            );
    }

    private VaultException Unreachable(HttpRequestException e) =>
        e.InnerException is AuthenticationException tls
            ? new VaultException(
                ErrorCodes.KeyVaultUnreachable,
                $"The certificate of the development Key Vault at {Endpoint} is not trusted: {tls.Message}",
                $"Set {KeyVaultAccess.RootsVariable} to the ca.pem in the data directory of that server."
            )
            : NotThere(e.GetBaseException().Message);

    private VaultException NotThere(string why) =>
        new(
            ErrorCodes.KeyVaultUnreachable,
            $"No development Key Vault answers at {Endpoint}: {why}.",
            $"Start it and set {KeyVaultAccess.EndpointVariable} to what it prints, or unset that variable: then key vaults are the store's own."
        );

    private VaultException NotUnderstood(string why) =>
        new(
            ErrorCodes.ProtocolMismatch,
            $"The answer of the development Key Vault at {Endpoint} cannot be used: {why}",
            "Use a server and an rvault of the same release."
        );
}
