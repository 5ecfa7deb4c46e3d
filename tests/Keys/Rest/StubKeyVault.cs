using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>What a request looked like when it arrived.</summary>
internal sealed record SeenRequest(string Method, string Uri, string? Authorization, string? Body)
{
    public override string ToString() => $"{Method} {Uri}";
}

/// <summary>A service that answers request after request as told, and remembers what came.</summary>
internal sealed class StubKeyVault : HttpMessageHandler
{
    public const string Challenge =
        "Bearer authorization=\"https://login.windows.net/11111111-2222-3333-4444-555555555555\", resource=\"https://vault.azure.net\"";

    private readonly ConcurrentQueue<Func<Task<HttpResponseMessage>>> _answers = new();
    private readonly ConcurrentQueue<SeenRequest> _seen = new();

    public IReadOnlyList<SeenRequest> Seen => [.. _seen];

    public StubKeyVault Answer(int status, string? body = null, params (string Name, string Value)[] headers) =>
        Answer(() =>
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status);
            if (body is not null)
                answer.Content = new StringContent(body, Encoding.UTF8, "application/json");
            foreach (var (name, value) in headers)
                answer.Headers.TryAddWithoutValidation(name, value);
            return answer;
        });

    public StubKeyVault Answer(Func<HttpResponseMessage> answer)
    {
        _answers.Enqueue(() => Task.FromResult(answer()));
        return this;
    }

    /// <summary>Says that it was asked, and answers when it may.</summary>
    public StubKeyVault AnswerLater(TaskCompletionSource asked, Task mayAnswer, int status, string body)
    {
        _answers.Enqueue(async () =>
        {
            asked.SetResult();
            await mayAnswer;
            return new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        });
        return this;
    }

    /// <summary>The first contact: 401 with Key Vault's body, and the challenge.</summary>
    public StubKeyVault Challenges(string challenge = Challenge) =>
        Answer(
            401,
            """{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}""",
            ("WWW-Authenticate", challenge)
        );

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        _seen.Enqueue(new(request.Method.Method, request.RequestUri?.ToString() ?? "", request.Headers.Authorization?.ToString(), body));
        return _answers.TryDequeue(out var answer) ? await answer() : throw new HttpRequestException("Nobody answers any more.");
    }
}
