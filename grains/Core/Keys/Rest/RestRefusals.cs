using System.Text.Json;
using Azure;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// What an answer that is no success means. Only a key vault's own error body speaks with authority: a 403 or 404 without one comes from
/// something in between and says nothing about the key.
/// </summary>
internal static class RestRefusals
{
    private const string Forbidden = "Forbidden";
    private const string KeyNotFound = "KeyNotFound";
    private const int MaxMessageLength = 1024;

    public static KeyVaultException Of(Response answer, ReadOnlySpan<byte> body, string host)
    {
        var (code, innerCode, message) = Read(body);
        var requestId = answer.Headers.TryGetValue("x-ms-request-id", out var id) ? $" (request {Shorten(id, 64)})" : "";
        return new(
            FaultOf(answer.Status, code, innerCode),
            answer.Status,
            code ?? $"Http{answer.Status}",
            innerCode,
            (message ?? $"{host} answered with status {answer.Status} and without a key vault's error body.") + requestId
        );
    }

    /// <summary>An answer that no key vault gives.</summary>
    public static KeyVaultException NotUnderstood(string host, int status, string why) =>
        new(KeyVaultFault.Unreachable, status, "AnswerNotUnderstood", null, $"The answer of {host} cannot be used: {why}.");

    private static KeyVaultFault FaultOf(int status, string? code, string? innerCode) =>
        status switch
        {
            400 when code is not null => KeyVaultFault.BadParameter,
            401 => KeyVaultFault.Unauthorized,
            403 when code == Forbidden => ForbiddenFault(innerCode),
            404 when code == KeyNotFound => KeyVaultFault.KeyNotFound,
            429 => KeyVaultFault.Throttled,
            // Being deleted or recovered just now: ask again later.
            409 when innerCode is "ObjectIsBeingDeleted" or "ObjectIsBeingRecovered" => KeyVaultFault.Unreachable,
            409 when code is not null => KeyVaultFault.Conflict,
            _ => KeyVaultFault.Unreachable,
        };

    private static KeyVaultFault ForbiddenFault(string? innerCode) =>
        innerCode switch
        {
            "KeyDisabled" => KeyVaultFault.KeyDisabled,
            "KeyExpired" => KeyVaultFault.KeyExpired,
            "KeyNotYetValid" => KeyVaultFault.KeyNotYetValid,
            "KeyOperationForbidden" => KeyVaultFault.OperationForbidden,
            "ForbiddenByFirewall" or "ForbiddenByConnection" => KeyVaultFault.ForbiddenByFirewall,
            _ => KeyVaultFault.NoPermission,
        };

    private static (string? Code, string? InnerCode, string? Message) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (Member(document.RootElement, "error") is not { ValueKind: JsonValueKind.Object } error)
                return default;
            // Services write it innererror and innerError.
            var inner = Member(error, "innererror");
            return (
                Text(error, "code"),
                inner is { ValueKind: JsonValueKind.Object } found ? Text(found, "code") : null,
                Text(error, "message")
            );
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static JsonElement? Member(JsonElement parent, string name)
    {
        if (parent.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in parent.EnumerateObject())
            {
                if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                    return member.Value;
            }
        }
        return null;
    }

    private static string? Text(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } found
            ? Shorten(found, MaxMessageLength)
            : null;

    private static string Shorten(string text, int length) => text.Length <= length ? text : text[..length];
}
