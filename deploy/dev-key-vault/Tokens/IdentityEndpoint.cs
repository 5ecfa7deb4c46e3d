using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using RecoveryVault.Identities;

namespace RecoveryVault.DevKeyVault.Tokens;

/// <summary>
/// Gives tokens to managed identities, in the form of App Service (<c>/msi/token</c>, with a secret header) and, if asked for, of the
/// instance metadata service (<c>/metadata/identity/oauth2/token</c>, without).
/// </summary>
internal sealed class IdentityEndpoint(
    ServerOptions options,
    ServerIdentity server,
    TokenAuthority tokens,
    UserAssignedIdentities identities
)
{
    public const string AppServicePath = "/msi/token";
    public const string ImdsPath = "/metadata/identity/oauth2/token";

    public Task HandleAsync(HttpContext context) =>
        (context.Request.Method, context.Request.Path.Value) switch
        {
            ("GET", AppServicePath) when HasSecret(context.Request) => GiveAsync(context, isImds: false),
            ("GET", AppServicePath) => RefuseAsync(
                context,
                401,
                "unauthorized_client",
                "The header X-IDENTITY-HEADER is missing or wrong."
            ),
            ("GET", ImdsPath) when !options.ServesImds => RefuseAsync(context, 404, "not_found", "Start the server with --imds."),
            ("GET", ImdsPath) when context.Request.Headers["Metadata"] != "true" => RefuseAsync(
                context,
                400,
                "invalid_request",
                "Required metadata header not specified"
            ),
            ("GET", ImdsPath) => GiveAsync(context, isImds: true),
            _ => RefuseAsync(context, 404, "not_found", "There is nothing here but tokens."),
        };

    private bool HasSecret(HttpRequest request) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(request.Headers["X-IDENTITY-HEADER"].ToString()),
            Encoding.UTF8.GetBytes(server.IdentityHeader)
        );

    private async Task GiveAsync(HttpContext context, bool isImds)
    {
        var query = context.Request.Query;
        if (query["resource"].ToString() is not { Length: > 0 } resource)
        {
            await RefuseAsync(context, 400, "invalid_request", "Required query variable 'resource' is missing");
            return;
        }
        if (await SubjectOfAsync(query, context.RequestAborted) is not { } subject)
        {
            await RefuseAsync(context, 400, "invalid_request", "Identity not found");
            return;
        }
        var token = tokens.Issue(subject, resource.TrimEnd('/'), options.TokenLifetime);
        var seconds = (long)options.TokenLifetime.TotalSeconds;
        var expires = token.ExpiresOn.ToUnixTimeSeconds();
        var answer = new TokenAnswer(
            token.Value,
            expires.ToString(CultureInfo.InvariantCulture),
            resource,
            "Bearer",
            subject.ClientId,
            isImds ? seconds.ToString(CultureInfo.InvariantCulture) : null,
            isImds ? (expires - seconds).ToString(CultureInfo.InvariantCulture) : null
        );
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(answer, TokenJson.Default.TokenAnswer);
    }

    /// <summary>
    /// Nobody named: the machine. A user-assigned identity must exist; an object id that is none's is taken for the system-assigned
    /// identity of a backup vault, which only the vault service itself knows. What has no permission can do nothing with its token.
    /// </summary>
    private async Task<TokenSubject?> SubjectOfAsync(IQueryCollection query, CancellationToken cancellation)
    {
        var (clientId, objectId) = (query["client_id"].ToString(), query["object_id"].ToString());
        var resourceId = query["mi_res_id"].ToString() is { Length: > 0 } id ? id : query["msi_res_id"].ToString();
        if (clientId.Length + objectId.Length + resourceId.Length == 0)
            return new(server.HostPrincipalId, server.HostPrincipalId);
        var found = (await identities.ListAsync(cancellation)).FirstOrDefault(i =>
            Same(i.ClientId, clientId) || Same(i.PrincipalId, objectId) || Same(i.Id, resourceId)
        );
        if (found is not null)
            return new(found.PrincipalId, found.ClientId);
        var isVaults = Guid.TryParse(objectId, out _) && !await identities.WasDeletedAsync(objectId, cancellation);
        return isVaults ? new(objectId, objectId) : null;
    }

    private static bool Same(string left, string right) => right.Length > 0 && left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private static Task RefuseAsync(HttpContext context, int status, string error, string description)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new TokenRefusal(error, description), TokenJson.Default.TokenRefusal);
    }
}
