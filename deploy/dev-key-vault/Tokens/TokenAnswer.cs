using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault.Tokens;

/// <summary>A token as both forms of the endpoint answer with it; numbers are strings there.</summary>
internal sealed record TokenAnswer(
    string AccessToken,
    string ExpiresOn,
    string Resource,
    string TokenType,
    string ClientId,
    string? ExpiresIn,
    string? NotBefore
)
{
    public override string ToString() => "TokenAnswer(redacted)";
}

internal sealed record TokenRefusal(string Error, string ErrorDescription);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(TokenRefusal))]
internal sealed partial class TokenJson : JsonSerializerContext;
