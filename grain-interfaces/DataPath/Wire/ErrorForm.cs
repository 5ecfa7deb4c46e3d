using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPath.Wire;

/// <summary>A refusal as it crosses the wire: <c>{"error":{"code","message","recommendation"}}</c> and an HTTP status.</summary>
public static class ErrorForm
{
    private const int MaxTextLength = 4000;

    /// <summary>The document of a refusal; texts beyond 4,000 characters are cut.</summary>
    public static byte[] Write(VaultException refusal) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new ErrorMessage(new ErrorDetail(refusal.Code, Cut(refusal.Message), Cut(refusal.Recommendation))),
            ErrorFormJson.Default.ErrorMessage
        );

    /// <summary>Reads a document; null when it is none, for then the status alone tells.</summary>
    public static VaultException? TryRead(ReadOnlySpan<byte> document)
    {
        try
        {
            var error = JsonSerializer.Deserialize(document, ErrorFormJson.Default.ErrorMessage)?.Error;
            return
                error is { Code: { Length: > 0 and <= ChunkFrame.MaxCodeLength } code, Message: { } message }
                && code.All(char.IsAsciiLetterOrDigit)
                ? new VaultException(code, Printable(message), error.Recommendation is { } fix ? Printable(fix) : null)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The status that goes with a code.</summary>
    public static int StatusOf(string code) =>
        code switch
        {
            ErrorCodes.SessionLost => 401,
            ErrorCodes.AccessDenied => 403,
            ErrorCodes.ProtocolMismatch => 404,
            ErrorCodes.ConcurrentChange => 409,
            ErrorCodes.RequestTooLarge => 413,
            ErrorCodes.InvalidRequest or ErrorCodes.ChunkGarbled => 400,
            ErrorCodes.TooManyRequests or ErrorCodes.ClientLimitReached => 429,
            ErrorCodes.ClusterUnavailable or ErrorCodes.ServerBusy => 503,
            ErrorCodes.StoreUnavailable or ErrorCodes.KeyVaultUnreachable or ErrorCodes.KeyPermitLapsed => 503,
            ErrorCodes.StoreFull => 507,
            _ => 500,
        };

    /// <summary>What a status says when no document came with it.</summary>
    public static VaultException Of(int status) =>
        status switch
        {
            401 => new VaultException(ErrorCodes.SessionLost, "The silo does not know the session."),
            403 => new VaultException(ErrorCodes.AccessDenied, "The silo refused."),
            404 => new VaultException(ErrorCodes.ProtocolMismatch, "The silo does not know what was asked for."),
            409 => new VaultException(ErrorCodes.ConcurrentChange, "The session was used by something else at the same moment."),
            413 => new VaultException(ErrorCodes.RequestTooLarge, "The silo takes less at once."),
            429 => new VaultException(ErrorCodes.TooManyRequests, "The silo has too many requests of this session."),
            507 => new VaultException(ErrorCodes.StoreFull, "The store has no space left."),
            >= 500 => new VaultException(ErrorCodes.ClusterUnavailable, $"The silo failed with status {status}."),
            _ => new VaultException(ErrorCodes.InvalidRequest, $"The silo refused the request with status {status}."),
        };

    private static string Cut(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength];

    /// <summary>The text comes from a peer and goes to a terminal.</summary>
    private static string Printable(string text) => string.Concat(Cut(text).Where(c => !char.IsControl(c)));
}

internal sealed record ErrorMessage(ErrorDetail? Error);

internal sealed record ErrorDetail(string? Code, string? Message, string? Recommendation);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 4)]
[JsonSerializable(typeof(ErrorMessage))]
internal sealed partial class ErrorFormJson : JsonSerializerContext;
