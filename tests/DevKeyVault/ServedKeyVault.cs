using System.Text.Json;
using Azure.Core;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>One key vault of the server, with its owner's token.</summary>
public sealed class ServedKeyVault(ServerStage stage, string name, string owner)
{
    public string Name => name;

    public string Owner => owner;

    public string Host => $"{name}.vault.localhost";

    internal IKeyVault Client => stage.Client(Host, new PrincipalCredential(stage, owner));

    public Task AllowAsync(string principal, params string[] permissions) =>
        stage.ManageAsync(HttpMethod.Put, $"keyvaults/{name}/policies/{principal}", new { keys = permissions });

    public async Task<ServedAnswer> SendAsync(string method, string path, object? body = null, string? principal = null)
    {
        var token = await stage.TokenAsync(new { objectId = principal ?? owner });
        var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return await stage.SendAsync(
            new HttpMethod(method),
            $"https://{Host}/{path}{separator}{ServerStage.Query}",
            token,
            body as string ?? (body is null ? null : JsonSerializer.Serialize(body))
        );
    }

    public async Task<string> CreateKeyAsync(string key, object? attributes = null)
    {
        var answer = await SendAsync("POST", $"keys/{key}/create", new { kty = "RSA", attributes = attributes ?? new { enabled = true } });
        Assert.Equal("200", answer.Outcome);
        return answer.Kid;
    }

    /// <summary>Status and inner code of an operation on a key, with a value of the right length.</summary>
    public async Task<ServedAnswer> OperateAsync(string key, string operation, string? value = null, string algorithm = "RSA-OAEP-256")
    {
        var digest = new string('A', 43);
        object body = operation switch
        {
            "sign" => new { alg = "RS256", value = digest },
            "verify" => new
            {
                alg = "RS256",
                digest,
                value = value ?? new string('A', 342),
            },
            _ => new { alg = algorithm, value = value ?? new string('A', 43) },
        };
        return await SendAsync("POST", $"keys/{key}/{operation}", body);
    }
}

/// <summary>Tokens of one principal, from the server's management.</summary>
internal sealed class PrincipalCredential(ServerStage stage, string principal) : TokenCredential
{
    private int _asked;

    /// <summary>How often a token was asked for.</summary>
    public int Asked => _asked;

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("Ask asynchronously.");

    public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        Assert.Equal(["https://vault.localhost/.default"], requestContext.Scopes);
        return new(await stage.TokenAsync(new { objectId = principal }), TimeProvider.System.GetUtcNow().AddMinutes(10));
    }
}
