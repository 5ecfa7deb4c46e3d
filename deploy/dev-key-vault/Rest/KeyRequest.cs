using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using RecoveryVault.Keys;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>One request to a key vault: its path in parts, its query with decoded names, its body on demand.</summary>
internal sealed class KeyRequest(HttpContext context)
{
    private const int MaxBodyBytes = 128 * 1024;
    private const int MaxResults = 25;

    public HttpContext Context { get; } = context;

    public string Method => Context.Request.Method;

    /// <summary>The host as the caller wrote it: key ids carry it back.</summary>
    public string Host => Context.Request.Host.Value?.ToLowerInvariant() ?? "";

    /// <summary>Doubled and trailing slashes mean nothing: some clients send them.</summary>
    public string[] Path { get; } = context.Request.Path.Value?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public CancellationToken Cancellation => Context.RequestAborted;

    public string? Query(string name) => Context.Request.Query[name] is [{ } value] ? value : null;

    /// <exception cref="KeyVaultException">400.</exception>
    public int PageSize =>
        Query("maxresults") is not { } text ? MaxResults
        : int.TryParse(text, out var size) && size is >= 1 and <= MaxResults ? size
        : throw Answers.BadParameter($"The maxresults '{text}' must be between 1 and {MaxResults}.");

    /// <summary>Reads the body, whose bytes are wiped.</summary>
    /// <exception cref="KeyVaultException">400: empty, too large, or no JSON of this kind.</exception>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        var buffer = GC.AllocateUninitializedArray<byte>(MaxBodyBytes + 1, pinned: true);
        try
        {
            var length = 0;
            for (var last = -1; last != 0 && length < buffer.Length; length += last)
                last = await Context.Request.Body.ReadAsync(buffer.AsMemory(length), Cancellation);
            if (length > MaxBodyBytes)
                throw new KeyVaultException(
                    KeyVaultFault.BadParameter,
                    413,
                    "RequestEntityTooLarge",
                    null,
                    "The request body is too large."
                );
            return length == 0
                ? throw Answers.BadParameter("The request body is missing.")
                : JsonSerializer.Deserialize(buffer.AsSpan(0, length), type) ?? throw Answers.BadParameter("The request body is null.");
        }
        catch (JsonException e)
        {
            throw Answers.BadParameter($"The request body is invalid: {(e.Path is null ? "it is no JSON" : $"at {e.Path}")}.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
