using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RecoveryVault.DevKeyVault.Faults;
using RecoveryVault.DevKeyVault.Limits;
using RecoveryVault.DevKeyVault.Management;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>
/// Answers for every key vault, told apart by host. In the service's order: the host, the token, the api-version, then firewall, permission
/// and key. Nothing of a body is read before the token counts.
/// </summary>
internal sealed class VaultEndpoint(
    ServerIdentity server,
    TokenAuthority tokens,
    LocalKeyVaults keyVaults,
    UserAssignedIdentities identities,
    PendingPermissions pending,
    FaultRules faults,
    ServiceLimits limits,
    AuditLog audit,
    TimeProvider machine
)
{
    public const string Suffix = ".vault.localhost";

    /// <summary>What tokens must be for: a parent of every host, so that clients can verify the challenge.</summary>
    public const string Resource = "https://vault.localhost";

    public async Task HandleAsync(HttpContext context)
    {
        var name = context.Request.Host.Host.ToLowerInvariant();
        var vault = name.EndsWith(Suffix, StringComparison.Ordinal) ? await FindAsync(name[..^Suffix.Length]) : null;
        if (vault is null)
        {
            // In Azure such a name does not resolve: nobody answers in a key vault's name.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("No such host is known.");
            return;
        }
        var request = new KeyRequest(context);
        var operation = KeyOperation.Of(request.Method, request.Path);
        var audited = new AuditedCall(request, operation, vault, machine.GetUtcNow());
        AddHeaders(context, vault);
        try
        {
            audited.KeyId = await AnswerAsync(request, operation, vault, audited);
        }
        catch (TokenRefusedException refused)
        {
            audited.Description = refused.Message;
            await Answers.ChallengeAsync(context, server.TenantId, Resource, refused);
        }
        catch (KeyVaultException refused)
        {
            audited.Description = refused.Message;
            await Answers.ErrorAsync(context, refused);
        }
        audit.Write(audited.ToEvent(context.Response.StatusCode, machine.GetUtcNow()));
    }

    private async Task<string?> AnswerAsync(KeyRequest request, KeyOperation operation, KeyVaultResource vault, AuditedCall audited)
    {
        var token = await ReadTokenAsync(request);
        audited.Caller = token.Subject;
        if (faults.Take(vault.Name, operation.Name, token.Id) is { } fault && await FaultAnswers.GiveAsync(request.Context, fault, machine))
            return null;
        if (await FindLimitAsync(vault, operation) is { } wait)
        {
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            await Answers.ThrottledAsync(request.Context, limits.Settings.RetryAfter ? seconds : null);
            return null;
        }
        ApiVersions.Require(request.Query("api-version"));
        await pending.ApplyDueAsync();
        var host = request.Host;
        if (operation.Key is { } key && operation.Name is not "SecretGet")
            await RotateAsync(vault, key);
        var keys = keyVaults.OpenServed(host, await CallerOfAsync(token.Subject));
        // Before the body is read: who may not do it does not learn what is wrong with his request.
        if (operation.Permission is { } permission)
            await keys.RequireAsync(permission, operation.Key, request.Cancellation);
        return await KeyRoutes.RunAsync(request, operation, keys);
    }

    /// <summary>When to come back; null when the key vault's limit is not reached.</summary>
    private async Task<TimeSpan?> FindLimitAsync(KeyVaultResource vault, KeyOperation operation)
    {
        if (!limits.Settings.Enabled)
            return null;
        var (type, size) = operation.Key is { } key ? await FindKeyAsync(vault, key, operation.Version) : ("", 0);
        return limits.Take(vault.Name, TransactionLimits.Of(operation.Name, type, size));
    }

    private async Task<(string Type, int SizeBits)> FindKeyAsync(KeyVaultResource vault, string name, string? version)
    {
        try
        {
            var key = await keyVaults.Open(LocalKeyVaults.HostOf(vault.Name), KeyVaultCaller.Owner).GetKeyAsync(name, version);
            return (key.KeyType, key.SizeBits);
        }
        catch (KeyVaultException)
        {
            return ("", 0);
        }
    }

    private async Task<PresentedToken> ReadTokenAsync(KeyRequest request)
    {
        var header = request.Context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? await tokens.ReadAsync(header["Bearer ".Length..].Trim(), Resource)
            : throw TokenRefusedException.Missing();
    }

    /// <summary>The system-assigned identity of a backup vault is a trusted service to the firewall, a user-assigned one is not.</summary>
    private async Task<KeyVaultCaller> CallerOfAsync(TokenSubject subject)
    {
        var isUserAssigned = (await identities.ListAsync()).Any(i =>
            i.PrincipalId.Equals(subject.ObjectId, StringComparison.OrdinalIgnoreCase)
        );
        return KeyVaultCaller.Principal(subject.ObjectId, subject.ClientId, isTrustedService: !isUserAssigned);
    }

    /// <summary>Rotation policies are carried out when somebody looks: nobody can tell the difference.</summary>
    private async Task RotateAsync(KeyVaultResource vault, string key)
    {
        try
        {
            await keyVaults.Open(LocalKeyVaults.HostOf(vault.Name), KeyVaultCaller.Owner).RotateIfDueAsync(key);
        }
        catch (KeyVaultException)
        {
            // What is wrong with the name the caller hears from his own request, if he may.
        }
    }

    private async Task<KeyVaultResource?> FindAsync(string name)
    {
        try
        {
            return await keyVaults.ShowAsync(name);
        }
        catch (KeyVaultException)
        {
            return null;
        }
    }

    private static void AddHeaders(HttpContext context, KeyVaultResource vault)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-cache";
        headers.Pragma = "no-cache";
        headers["x-ms-keyvault-region"] = vault.Location;
        headers["x-ms-keyvault-service-version"] = "1.9.0.0";
        headers["x-ms-keyvault-network-info"] = "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;";
        headers["x-ms-request-id"] = context.Features.Get<IHttpRequestIdentifierFeature>()?.TraceIdentifier ?? "";
        headers["x-content-type-options"] = "nosniff";
        if (context.Request.Headers["x-ms-return-client-request-id"] == "true")
            headers["x-ms-client-request-id"] = context.Request.Headers["x-ms-client-request-id"];
    }
}
