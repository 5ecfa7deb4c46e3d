using System.Collections.Concurrent;
using Azure.Core;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>Gives tokens t1, t2 … and remembers what they were asked for.</summary>
internal sealed class StubCredential : TokenCredential
{
    private readonly ConcurrentQueue<TokenRequestContext> _asked = new();

    public IReadOnlyList<TokenRequestContext> Asked => [.. _asked];

    public Exception? Failure { get; set; }

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        _asked.Enqueue(requestContext);
        return Failure is null ? new AccessToken($"t{_asked.Count}", TimeProvider.System.GetUtcNow().AddHours(1)) : throw Failure;
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
