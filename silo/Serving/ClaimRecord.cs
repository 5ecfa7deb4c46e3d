using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Connections;

namespace RecoveryVault.Serving;

/// <summary>Whose a store is, as its claim says.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Tag">
/// Tells clusters of one name apart that share no secret: they would never find each other. A keyed digest, which gives nothing away.
/// </param>
internal sealed record ClaimRecord(string? ClusterId, string? Tag = null)
{
    public static ClaimRecord Of(string clusterId, ConnectionSecret? secret) => new(clusterId, secret?.Tag("cluster claim"));

    /// <summary>Null when it says nothing any more.</summary>
    public static ClaimRecord? Read(ReadOnlySpan<byte> content)
    {
        try
        {
            var read = JsonSerializer.Deserialize(content, ClaimJson.Default.ClaimRecord);
            return read?.ClusterId is null ? null : read;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, ClaimJson.Default.ClaimRecord);

    /// <summary>Silos of one cluster say the same; a former version said nothing of the secret.</summary>
    public bool IsOfOneClusterWith(ClaimRecord other) =>
        ClusterId == other.ClusterId && (Tag is null || other.Tag is null || Tag == other.Tag);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ClaimRecord))]
internal sealed partial class ClaimJson : JsonSerializerContext;
