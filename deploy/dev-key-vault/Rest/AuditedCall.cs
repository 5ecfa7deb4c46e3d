using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>What the audit log will say of a request, gathered while it runs.</summary>
internal sealed class AuditedCall(KeyRequest request, KeyOperation operation, KeyVaultResource vault, DateTimeOffset started)
{
    public TokenSubject? Caller { get; set; }

    public string? KeyId { get; set; }

    public string? Description { get; set; }

    public AuditEvent ToEvent(int status, DateTimeOffset ended)
    {
        var http = request.Context;
        return new(
            started,
            vault.Id,
            Caller is null ? "Authentication" : operation.Name,
            request.Query("api-version") ?? "",
            "AuditEvent",
            status < 400 ? "Success" : "Failure",
            status < 400 ? "OK" : $"{status}",
            Description,
            (long)(ended - started).TotalMilliseconds,
            http.Connection.RemoteIpAddress?.ToString() ?? "",
            http.Request.Headers["x-ms-client-request-id"].ToString() is { Length: > 0 and <= 128 } id ? id : http.TraceIdentifier,
            Caller is null ? null : new(new(Caller.ObjectId, Caller.ClientId)),
            new(
                http.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
                $"https://{request.Host}{http.Request.Path}{http.Request.QueryString}",
                KeyId ?? (operation.Key is { } key ? $"https://{request.Host}/keys/{key}" : null),
                status
            )
        );
    }
}
