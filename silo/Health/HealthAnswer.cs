using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.Health;

/// <summary>Whether one thing that a silo needs is there. The code is an error code: nothing else is told to whoever asks.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Outcome"><c>ok</c> or <c>failed</c>.</param>
/// <param name="Code">Why it failed.</param>
public sealed record HealthCheck(string Name, string Outcome, string? Code = null)
{
    public const string Ok = "ok";
    public const string Failed = "failed";

    [JsonIgnore]
    public bool IsOk => Outcome == Ok;

    public static HealthCheck Of(string name, string? code) => new(name, code is null ? Ok : Failed, code);
}

/// <summary>The body of an answer to <c>/healthz/live</c> and <c>/healthz/ready</c>.</summary>
public sealed record HealthAnswer(string Outcome, ImmutableArray<HealthCheck> Checks)
{
    [JsonIgnore]
    public bool IsOk => Outcome == HealthCheck.Ok;

    public static HealthAnswer Of(params ImmutableArray<HealthCheck> checks) =>
        new(checks.All(c => c.IsOk) ? HealthCheck.Ok : HealthCheck.Failed, checks);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, HealthJson.Default.HealthAnswer);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
