using Azure.Core;
using Azure.Core.Pipeline;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// Key Vault's challenge authentication for one key vault. 1. The first request goes without token and without body. 2. The answer, 401,
/// says which resource and tenant a token must be for; it is checked against the host. 3. The request is sent again, whole. Later requests
/// take the token along; a claims challenge (continuous access evaluation) gets one new token with the claims asked for.
/// </summary>
internal sealed class ChallengePolicy(TokenCredential credential, string host) : BearerTokenAuthenticationPolicy(credential, [])
{
    private const string BodyProperty = "RecoveryVault.Keys.Rest.Body";
    private const int MaxChallenges = 2;

    private volatile TokenTarget? _target;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await base.ProcessAsync(message, pipeline);
        // The class above answers one challenge a send; a first contact under continuous access evaluation has two.
        for (
            var challenges = 1;
            challenges < MaxChallenges && message.Response.Status == 401 && ClaimsOf(message) is not null;
            challenges++
        )
        {
            if (!await AuthorizeRequestOnChallengeAsync(message))
                return;
            await ProcessNextAsync(message, pipeline);
        }
    }

    protected override async ValueTask AuthorizeRequestAsync(HttpMessage message)
    {
        if (_target is { } target)
        {
            Restore(message);
            await AuthorizeAsync(message, target, claims: null);
        }
        else if (message.Request.Content is { } body)
        {
            // What the body holds is for the key vault alone, and nobody has proved yet to be it.
            message.SetProperty(BodyProperty, body);
            message.Request.Content = null;
        }
    }

    protected override async ValueTask<bool> AuthorizeRequestOnChallengeAsync(HttpMessage message)
    {
        var header = message.Response.Headers.TryGetValue("WWW-Authenticate", out var value) ? value : null;
        if (!BearerChallenge.TryParse(header, out var challenge))
            throw TokenTarget.Unusable(host, header is null ? "there is none" : "it cannot be read");
        if (challenge.Claims is { } claims)
        {
            if (_target is not { } known)
                throw TokenTarget.Unusable(host, "it asks for claims before it names a resource");
            await AuthorizeAsync(message, known, claims);
            return true;
        }
        var target = TokenTarget.Of(challenge, host);
        // The token was refused, and nothing else is asked for: another of the same kind would be refused too.
        if (target == _target && message.Request.Headers.Contains(HttpHeader.Names.Authorization))
            return false;
        _target = target;
        Restore(message);
        await AuthorizeAsync(message, target, claims: null);
        return true;
    }

    private static string? ClaimsOf(HttpMessage message) =>
        message.Response.Headers.TryGetValue("WWW-Authenticate", out var header) && BearerChallenge.TryParse(header, out var challenge)
            ? challenge.Claims
            : null;

    private static void Restore(HttpMessage message)
    {
        if (message.TryGetProperty(BodyProperty, out var body))
            message.Request.Content = (RequestContent?)body;
    }

    private async ValueTask AuthorizeAsync(HttpMessage message, TokenTarget target, string? claims)
    {
        var context = new TokenRequestContext([target.Scope], message.Request.ClientRequestId, claims, target.TenantId, isCaeEnabled: true);
        try
        {
            await AuthenticateAndAuthorizeRequestAsync(message, context);
        }
        catch (Exception e) when (e is not OperationCanceledException and not KeyVaultException)
        {
            // No identity to ask with is no word of the key vault: never a revocation.
            throw new KeyVaultException(
                KeyVaultFault.Unauthorized,
                0,
                "AuthenticationFailed",
                null,
                $"No token for {host} could be had: {e.Message}",
                e
            );
        }
    }
}
