using System.Security.Cryptography;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using RecoveryVault.Keys.Traffic;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// One Azure Key Vault, or one that behaves like it, as one credential sees it. Every failure is a <see cref="KeyVaultException"/> whose
/// verdict says whether the key vault itself refused.
/// </summary>
internal sealed class RestKeyVault(string host, HttpPipeline pipeline, RestOptions options, TimeProvider time) : IKeyVault
{
    /// <summary>A page of 25 keys with all their tags is far smaller.</summary>
    private const int MaxAnswerBytes = 256 * 1024;

    /// <summary>The secret of wrap and unwrap is looked for in no answer longer than this.</summary>
    private const int MaxResultBytes = 16 * 1024;

    /// <summary>Of a wrap: known when one has been answered.</summary>
    private volatile int _wrapWeight = CallWeights.Usual;

    public Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default)
    {
        var asked = IdOf(name, version);
        // With a slash at the end when no version is named, as Azure's own clients ask.
        return SendAsync(
            RequestMethod.Get,
            UriOf($"/keys/{name}/{version}"),
            body: null,
            CallWeights.Usual,
            (answer, bytes) => KeyAnswers.ToKey(answer, bytes, asked),
            cancellation
        );
    }

    public async Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default)
    {
        var asked = IdOf(name, null);
        var versions = new List<KeyProperties>();
        var next = UriOf($"/keys/{name}/versions");
        for (var pages = 0; pages < KeyAnswers.MaxPages; pages++)
        {
            var (page, link) = await SendAsync(
                RequestMethod.Get,
                next,
                body: null,
                CallWeights.Usual,
                (answer, bytes) => KeyAnswers.ToPage(answer, bytes, asked),
                cancellation
            );
            versions.AddRange(page);
            if (string.IsNullOrEmpty(link))
                return [.. versions.OrderBy(version => version.CreatedOn)];
            next = NextOf(link);
        }
        throw RestRefusals.NotUnderstood(host, 200, $"the list of versions has more than {KeyAnswers.MaxPages} pages");
    }

    public async Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default)
    {
        var (id, wrapped) = await OperateAsync(key, "wrapkey", keyMaterial, _wrapWeight, cancellation);
        _wrapWeight = CallWeights.OfWrapped(wrapped.Length);
        using (wrapped)
            return new WrapResult(id, wrapped.Span.ToArray());
    }

    public async Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default) =>
        (await OperateAsync(key, "unwrapkey", encryptedKey, CallWeights.OfWrapped(encryptedKey.Length), cancellation)).Value;

    private async Task<(KeyId Id, SecretBytes Value)> OperateAsync(
        KeyId key,
        string operation,
        ReadOnlyMemory<byte> value,
        int weight,
        CancellationToken cancellation
    )
    {
        if (key.Host != host)
            throw new ArgumentException($"The key '{key}' is not of the key vault '{host}'.", nameof(key));
        using var request = new OperationRequest(value.Span);
        var version = key.Version is null ? "" : $"/{key.Version}";
        return await SendAsync(
            RequestMethod.Post,
            UriOf($"/keys/{key.Name}{version}/{operation}"),
            request.Content,
            weight,
            (answer, bytes) => ReadResult(answer, bytes, key),
            cancellation
        );
    }

    private (KeyId Id, SecretBytes Value) ReadResult(Response answer, ReadOnlySpan<byte> body, KeyId asked)
    {
        if (body.Length > MaxResultBytes || OperationResult.Read(body) is not var (kid, value))
            throw RestRefusals.NotUnderstood(host, answer.Status, "it holds no result of the operation");
        try
        {
            return (KeyAnswers.ToId(kid, asked), value);
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private delegate T Reading<T>(Response answer, ReadOnlySpan<byte> body);

    private async Task<T> SendAsync<T>(
        RequestMethod method,
        Uri uri,
        RequestContent? body,
        int weight,
        Reading<T> read,
        CancellationToken cancellation
    )
    {
        using var patience = new CancellationTokenSource(options.CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        using var message = pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(uri);
        message.Request.Headers.Add(HttpHeader.Common.JsonAccept);
        message.Request.Content = body;
        if (body is not null)
            message.Request.Headers.Add(HttpHeader.Common.JsonContentType);
        // Read here and wiped: what buffers answers keeps them.
        message.BufferResponse = false;
        BudgetPolicy.SetWeight(message, weight);
        try
        {
            await pipeline.SendAsync(message, either.Token);
            return await ReadAsync(message.Response, read, either.Token);
        }
        catch (Exception e) when (IsOutage(e) && !cancellation.IsCancellationRequested)
        {
            throw new KeyVaultException(
                KeyVaultFault.Unreachable,
                0,
                "Unreachable",
                null,
                $"The key vault at '{host}' cannot be reached: {CauseOf(e)}",
                e
            );
        }
    }

    private async Task<T> ReadAsync<T>(Response answer, Reading<T> read, CancellationToken cancellation)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(MaxResultBytes, pinned: true);
        var length = 0;
        try
        {
            for (var last = -1; last != 0 && answer.ContentStream is { } stream; length += last)
            {
                if (length == buffer.Length)
                    buffer = Grow(buffer, answer.Status);
                last = await stream.ReadAsync(buffer.AsMemory(length), cancellation);
            }
            return answer.Status == 200
                ? read(answer, buffer.AsSpan(0, length))
                : throw RestRefusals.Of(answer, buffer.AsSpan(0, length), host);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private byte[] Grow(byte[] full, int status)
    {
        if (full.Length >= MaxAnswerBytes)
            throw RestRefusals.NotUnderstood(host, status, $"it is longer than {MaxAnswerBytes} bytes");
        var larger = GC.AllocateUninitializedArray<byte>(full.Length * 2, pinned: true);
        full.CopyTo(larger, 0);
        CryptographicOperations.ZeroMemory(full);
        return larger;
    }

    private static bool IsOutage(Exception e) =>
        e is RequestFailedException or IOException or OperationCanceledException or HttpRequestException or AggregateException;

    /// <summary>What the last attempt met, in its own words: what the library says of having tried is of no use to a user.</summary>
    private string CauseOf(Exception e) =>
        e switch
        {
            OperationCanceledException => $"no answer within {options.CallTimeout.TotalSeconds:0} s.",
            AggregateException { InnerExceptions: [.., var last] } => last.GetBaseException().Message,
            _ => e.GetBaseException().Message,
        };

    private KeyId IdOf(string name, string? version) =>
        KeyId.TryParse($"https://{host}/keys/{name}{(version is null ? "" : $"/{version}")}", out var id)
            ? id
            : throw new KeyVaultException(
                KeyVaultFault.BadParameter,
                400,
                "BadParameter",
                null,
                $"The request URI contains an invalid name: {name}"
            );

    private Uri UriOf(string path) => new($"https://{host}{path}?api-version={Uri.EscapeDataString(options.ApiVersion)}");

    /// <summary>The rest of a list. Its request takes the token along, so that it goes nowhere but to this key vault.</summary>
    private Uri NextOf(string link) =>
        Uri.TryCreate(link, UriKind.Absolute, out var next)
        && next.Scheme == Uri.UriSchemeHttps
        && next.UserInfo.Length == 0
        && next.Authority.Equals(host, StringComparison.OrdinalIgnoreCase)
            ? next
            : throw RestRefusals.NotUnderstood(host, 200, "its next page is elsewhere");
}
