using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Answers as the service gives them, errors as <c>{"error":{"code","message","innererror":{"code"}}}</c>.</summary>
internal static class Answers
{
    public static Task OkAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) => JsonAsync(context, 200, value, type);

    public static Task ErrorAsync(HttpContext context, KeyVaultException refused)
    {
        // What could not be answered with authority, an unusable store, is the service's own trouble.
        var status = refused.Status == 0 ? 503 : refused.Status;
        return ErrorAsync(context, status, refused.Code, refused.Message, refused.InnerCode);
    }

    public static Task ErrorAsync(HttpContext context, int status, string code, string message, string? innerCode = null) =>
        JsonAsync(context, status, new ErrorBody(new(code, message, innerCode is null ? null : new(innerCode))), AnswerJson.Rest.ErrorBody);

    /// <param name="context">Of the request that is one too many.</param>
    /// <param name="retryAfterSeconds">Null: it is not said when to come back.</param>
    public static Task ThrottledAsync(HttpContext context, int? retryAfterSeconds)
    {
        if (retryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return ErrorAsync(
            context,
            429,
            "Throttled",
            "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"
        );
    }

    /// <summary>401 with the challenge that tells where tokens come from and what for.</summary>
    public static Task ChallengeAsync(HttpContext context, string tenantId, string resource, TokenRefusedException refused)
    {
        var authority = $"https://login.windows.net/{tenantId}";
        context.Response.Headers.WWWAuthenticate = refused.Claims is { } claims
            ? $"Bearer realm=\"\", authorization_uri=\"{authority}/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{claims}\""
            : $"Bearer authorization=\"{authority}\", resource=\"{resource}\"";
        return ErrorAsync(context, 401, "Unauthorized", refused.Message);
    }

    public static KeyVaultException BadParameter(string message) => new(KeyVaultFault.BadParameter, 400, "BadParameter", null, message);

    private static async Task JsonAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}

internal sealed record ErrorBody(ErrorDetail Error);

internal sealed record ErrorDetail(string Code, string Message, [property: JsonPropertyName("innererror")] InnerError? InnerError);

internal sealed record InnerError(string Code);

/// <summary>A page of a list; the last one has no next link.</summary>
internal sealed record KeyPage(
    IReadOnlyList<KeyItem> Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? NextLink
);

/// <summary>The result of wrapping and its like; the value may be a secret.</summary>
internal sealed record OperationAnswer(string Kid, SecretValue Value);

internal sealed record VerifyAnswer(bool Value);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(KeyPage))]
[JsonSerializable(typeof(OperationAnswer))]
[JsonSerializable(typeof(VerifyAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext
{
    /// <summary>The context to use: "+" and "/" as they are.</summary>
    public static AnswerJson Rest =>
        field ??= new(
            new JsonSerializerOptions(Default.Options) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
        );
}
