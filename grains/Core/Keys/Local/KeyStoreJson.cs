using System.Text.Json.Serialization;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// How key vaults and keys are kept. Every record begins with its format. An unknown member is an error, since rewriting would lose it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(RecordFormat))]
[JsonSerializable(typeof(KeyVaultRecord))]
[JsonSerializable(typeof(KeyRecord))]
internal sealed partial class KeyStoreJson : JsonSerializerContext;

/// <summary>The one member that every format has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record RecordFormat(int Format)
{
    /// <summary>The format this version reads and writes.</summary>
    public const int Current = 1;
}
