using System.Text.Json.Serialization;
using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>How membership is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(MarkedDocument<MembershipRows>))]
[JsonSerializable(typeof(MarkedFormat))]
[JsonSerializable(typeof(HeartbeatTime))]
internal sealed partial class MembershipJson : JsonSerializerContext;
