using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.WebUtilities;
using RecoveryVault.Tests.DevKeyVault;

namespace RecoveryVault.Tests.Security;

/// <summary>Answers Azure's credentials as the authority does, with the development Key Vault's tokens, and remembers them.</summary>
internal sealed class StubAuthority(ServerStage server, string clientSecret) : HttpMessageHandler
{
    private readonly ConcurrentQueue<string> _given = new();

    public IReadOnlyList<string> Given => [.. _given];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var form = QueryHelpers.ParseQuery(await (request.Content?.ReadAsStringAsync(cancellationToken) ?? Task.FromResult("")));
        if (form["client_secret"] != clientSecret)
            return new(HttpStatusCode.Unauthorized)
            {
                Content = JsonContent.Create(new { error = "invalid_client", error_description = "AADSTS7000215: Invalid client secret." }),
            };
        var token = await server.TokenAsync(new { objectId = form["client_id"].ToString() });
        _given.Enqueue(token);
        return new(HttpStatusCode.OK)
        {
            Content = JsonContent.Create(
                new
                {
                    token_type = "Bearer",
                    expires_in = 590,
                    access_token = token,
                }
            ),
        };
    }
}
