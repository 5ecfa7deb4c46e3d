using System.Text.Json.Serialization;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Cli.KeyVaults;

// What the management routes of a development server take and give.

internal sealed record KeyVaultBody(
    string Location,
    bool EnableSoftDelete,
    int RetentionDays,
    bool EnablePurgeProtection,
    bool EnableRbacAuthorization,
    NetworkDefaultAction DefaultAction
);

internal sealed record PolicyBody(IReadOnlyList<string> Keys);

internal sealed record KeyBody(string Kty, [property: JsonPropertyName("key_size")] int? KeySize, string? Crv);

internal sealed record AttributesBody(bool? Enabled, long? Nbf, long? Exp);

internal sealed record KeyChangeBody(AttributesBody Attributes);

internal sealed record RefusalBody(RefusalDetail? Error);

internal sealed record RefusalDetail(string? Code, string? Message, [property: JsonPropertyName("innererror")] InnerRefusal? InnerError);

internal sealed record InnerRefusal(string? Code);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(KeyVaultBody))]
[JsonSerializable(typeof(KeyVaultUpdate))]
[JsonSerializable(typeof(PolicyBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(KeyChangeBody))]
[JsonSerializable(typeof(RefusalBody))]
internal sealed partial class ServedJson : JsonSerializerContext;
