using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.Keys.Local;

/// <summary>A key version as the REST API answers with it; the last three are set for a deleted key only. Times are Unix seconds.</summary>
public sealed record KeyBundle(
    JsonWebKey Key,
    KeyAttributes Attributes,
    IReadOnlyDictionary<string, string>? Tags,
    string? RecoveryId = null,
    long? DeletedDate = null,
    long? ScheduledPurgeDate = null
);

/// <summary>A key in a list: its id is versionless in a list of keys, full in a list of versions.</summary>
public sealed record KeyItem(
    string Kid,
    KeyAttributes Attributes,
    IReadOnlyDictionary<string, string>? Tags,
    string? RecoveryId = null,
    long? DeletedDate = null,
    long? ScheduledPurgeDate = null
);

/// <summary>The public half of a key (RFC 7517): n and e for RSA, crv, x and y for EC, in base64url without padding.</summary>
public sealed record JsonWebKey(
    string Kid,
    string Kty,
    [property: JsonPropertyName("key_ops")] IReadOnlyList<string> KeyOps,
    string? N = null,
    string? E = null,
    string? Crv = null,
    string? X = null,
    string? Y = null
);

/// <summary>What the service says of a key version. Times are Unix seconds; recoverableDays is absent without soft delete.</summary>
public sealed record KeyAttributes(
    bool Enabled,
    long? Nbf,
    long? Exp,
    long Created,
    long Updated,
    string RecoveryLevel,
    int? RecoverableDays
);

/// <summary>JSON with exactly the names of the REST API: no nulls, and "+" and "/" as they are.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(KeyBundle))]
[JsonSerializable(typeof(IReadOnlyList<KeyItem>))]
[JsonSerializable(typeof(KeyVaultResource))]
[JsonSerializable(typeof(IReadOnlyList<KeyVaultResource>))]
public sealed partial class KeyVaultJson : JsonSerializerContext
{
    /// <summary>The context to use.</summary>
    public static KeyVaultJson Rest =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
