using System.Text.Json.Serialization;

namespace RecoveryVault.Reports;

/// <summary>How reports are written: camelCase, nothing left out because it is null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(KeyChangeReport))]
[JsonSerializable(typeof(KeyVersionsReport))]
[JsonSerializable(typeof(ReportHeader))]
[JsonSerializable(typeof(ReportSignature))]
public sealed partial class ReportJson : JsonSerializerContext;
