using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.Storage;

/// <summary>
/// Who holds a store's lock, as the holder wrote it: good for a message, and to know whom to ask, who must then prove who he is. It carries
/// no secret.
/// </summary>
public sealed record StoreLockHolder(int Pid, string Host, string Command, DateTimeOffset Since)
{
    /// <summary>The gateway of a holder that serves the store; null while it does not.</summary>
    public string? Gateway { get; init; }

    /// <summary>Its data plane.</summary>
    public string? DataPlane { get; init; }

    /// <summary>The cluster whose silos hold the lock together; null: one process holds it alone.</summary>
    public string? Cluster { get; init; }

    /// <summary>The holder that has written nothing readable yet.</summary>
    public static StoreLockHolder Unknown { get; } = new(0, "", "", default);

    /// <summary>The text of the lock file: one JSON object; members that this version does not know are ignored.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, StoreLockJson.Default.StoreLockHolder);

    /// <summary>Reads the text of a lock file, <see cref="Unknown"/> when it is empty, half-written or foreign.</summary>
    internal static StoreLockHolder FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            var holder = JsonSerializer.Deserialize(json, StoreLockJson.Default.StoreLockHolder);
            return holder is { Pid: > 0, Host: not null, Command: not null }
                ? holder with
                {
                    Host = Printable(holder.Host),
                    Command = Printable(holder.Command),
                    Gateway = holder.Gateway is { } gateway ? Printable(gateway) : null,
                    DataPlane = holder.DataPlane is { } dataPlane ? Printable(dataPlane) : null,
                    Cluster = holder.Cluster is { } cluster ? Printable(cluster) : null,
                }
                : Unknown;
        }
        catch (JsonException)
        {
            return Unknown;
        }
    }

    /// <summary>"process 4711 on host (rvault serve) since 2026-11-23T10:00:00Z".</summary>
    public override string ToString() =>
        Pid == 0
            ? "another process"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"process {Pid} on {Host} ({Command}) since {Since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"
            );

    /// <summary>The text comes from a file and goes to a terminal.</summary>
    private static string Printable(string text) => string.Concat(text.Where(c => !char.IsControl(c)));
}

/// <summary>The lock file's JSON, camelCase.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(StoreLockHolder))]
internal sealed partial class StoreLockJson : JsonSerializerContext;
