using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault.Rest;

// The bodies of the REST API. What may be a secret is read into pinned memory.

internal sealed record AttributesBody(bool? Enabled, long? Nbf, long? Exp, bool? Exportable);

internal sealed record CreateBody(
    string? Kty,
    [property: JsonPropertyName("key_size")] int? KeySize,
    string? Crv,
    [property: JsonPropertyName("key_ops")] IReadOnlyList<string>? KeyOps,
    AttributesBody? Attributes,
    IReadOnlyDictionary<string, string>? Tags
);

internal sealed record UpdateBody(
    [property: JsonPropertyName("key_ops")] IReadOnlyList<string>? KeyOps,
    AttributesBody? Attributes,
    IReadOnlyDictionary<string, string>? Tags
);

internal sealed record ImportBody(ImportedKey? Key, AttributesBody? Attributes, IReadOnlyDictionary<string, string>? Tags);

/// <summary>A JSON Web Key with its private half.</summary>
internal sealed record ImportedKey(
    string? Kty,
    [property: JsonPropertyName("key_ops")] IReadOnlyList<string>? KeyOps,
    SecretValue? N,
    SecretValue? E,
    SecretValue? D,
    SecretValue? P,
    SecretValue? Q,
    SecretValue? Dp,
    SecretValue? Dq,
    SecretValue? Qi,
    string? Crv,
    SecretValue? X,
    SecretValue? Y
) : IDisposable
{
    public void Dispose()
    {
        foreach (var part in new[] { N, E, D, P, Q, Dp, Dq, Qi, X, Y })
            part?.Dispose();
    }

    public override string ToString() => $"ImportedKey {Kty} (redacted)";
}

internal sealed record OperationBody(string? Alg, SecretValue? Value, SecretValue? Digest) : IDisposable
{
    public void Dispose()
    {
        Value?.Dispose();
        Digest?.Dispose();
    }

    public override string ToString() => $"OperationBody {Alg} (redacted)";
}

internal sealed record BackupBody(SecretValue? Value);

internal sealed record PolicyBody(string? Id, IReadOnlyList<PolicyAction>? LifetimeActions, PolicyAttributes? Attributes);

internal sealed record PolicyAction(PolicyTrigger? Trigger, PolicyActionType? Action);

internal sealed record PolicyTrigger(string? TimeAfterCreate, string? TimeBeforeExpiry);

internal sealed record PolicyActionType(string? Type);

internal sealed record PolicyAttributes(string? ExpiryTime, long? Created, long? Updated);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CreateBody))]
[JsonSerializable(typeof(UpdateBody))]
[JsonSerializable(typeof(ImportBody))]
[JsonSerializable(typeof(OperationBody))]
[JsonSerializable(typeof(BackupBody))]
[JsonSerializable(typeof(PolicyBody))]
internal sealed partial class BodyJson : JsonSerializerContext;
