using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault;

/// <summary>
/// Who did what with which key, in the fields of Key Vault's AuditEvent log: a line of JSON each in <c>audit.log</c>, the newest also in
/// memory. No value that is wrapped, encrypted or signed is in it.
/// </summary>
internal sealed class AuditLog(PrivateDirectory data) : IDisposable
{
    private const int Kept = 10_000;
    private const byte LineFeed = (byte)'\n';

    private readonly ConcurrentQueue<AuditEvent> _newest = new();
    private readonly Lock _gate = new();
    private readonly FileStream _file = data.OpenForAppend("audit.log");

    public IReadOnlyList<AuditEvent> Newest => [.. _newest];

    public void Write(AuditEvent audited)
    {
        _newest.Enqueue(audited);
        while (_newest.Count > Kept)
            _newest.TryDequeue(out _);
        var line = JsonSerializer.SerializeToUtf8Bytes(audited, AuditJson.Default.AuditEvent);
        lock (_gate)
        {
            _file.Write([.. line, LineFeed]);
            _file.Flush();
        }
    }

    public void Dispose() => _file.Dispose();
}

internal sealed record AuditEvent(
    DateTimeOffset Time,
    string ResourceId,
    string OperationName,
    string OperationVersion,
    string Category,
    string ResultType,
    string ResultSignature,
    string? ResultDescription,
    long DurationMs,
    string CallerIpAddress,
    string CorrelationId,
    AuditIdentity? Identity,
    AuditProperties Properties
);

internal sealed record AuditIdentity(AuditClaim Claim);

internal sealed record AuditClaim(string Oid, string Appid);

internal sealed record AuditProperties(string? ClientInfo, string RequestUri, string? Id, int HttpStatusCode);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(AuditEvent))]
[JsonSerializable(typeof(IReadOnlyList<AuditEvent>))]
internal sealed partial class AuditJson : JsonSerializerContext;
