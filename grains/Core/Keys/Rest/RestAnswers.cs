using System.Text.Json.Serialization;

namespace RecoveryVault.Keys.Rest;

// What is read of the service's answers: members that are not used are left out, unknown ones are no error.

internal sealed record RestKey(RestJsonWebKey? Key, RestAttributes? Attributes);

internal sealed record RestJsonWebKey(
    string? Kid,
    string? Kty,
    [property: JsonPropertyName("key_ops")] IReadOnlyList<string>? KeyOps,
    string? N,
    string? E,
    string? Crv,
    string? X,
    string? Y
);

internal sealed record RestAttributes(bool? Enabled, long? Nbf, long? Exp, long? Created, string? RecoveryLevel);

internal sealed record RestKeyPage(IReadOnlyList<RestKeyItem>? Value, string? NextLink);

internal sealed record RestKeyItem(string? Kid, RestAttributes? Attributes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RestKey))]
[JsonSerializable(typeof(RestKeyPage))]
internal sealed partial class RestJson : JsonSerializerContext;
