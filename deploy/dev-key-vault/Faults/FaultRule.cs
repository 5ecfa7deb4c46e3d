using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault.Faults;

/// <summary>What goes wrong with a request.</summary>
internal enum FaultKind
{
    /// <summary>429, with Retry-After if <see cref="FaultRule.RetryAfterSeconds"/> is set.</summary>
    Throttle,

    /// <summary>5xx: <see cref="FaultRule.Status"/>, 500 unless set.</summary>
    ServerError,

    /// <summary>The answer comes late by <see cref="FaultRule.DelayMilliseconds"/>.</summary>
    Latency,

    /// <summary>The connection is cut instead of an answer.</summary>
    Drop,

    /// <summary>The token counts as expired: 401 with the ordinary challenge.</summary>
    ExpiredToken,

    /// <summary>Continuous access evaluation: 401 asking for claims, until another token is shown.</summary>
    ClaimsChallenge,
}

/// <summary>One kind of trouble, for the next <see cref="Count"/> authenticated requests that it fits.</summary>
internal sealed record FaultRule
{
    public required FaultKind Kind { get; init; }

    /// <summary>How many requests; 0 or less: every one, until the rules are replaced.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The key vault's name; null: any.</summary>
    public string? VaultName { get; init; }

    /// <summary>The audit log's operation name, such as KeyUnwrap; null: any.</summary>
    public string? OperationName { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public int? Status { get; init; }

    public int? DelayMilliseconds { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(IReadOnlyList<FaultRule>))]
internal sealed partial class FaultJson : JsonSerializerContext;
