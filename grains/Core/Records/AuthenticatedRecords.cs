using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Records;

/// <summary>
/// Create-only JSON records under the platform keyring's MAC: rings, descriptors, heads and tombstones. Their names are
/// <c>{folder}/{seq}-{random}</c>, the sequence number in 16 hex digits, so that a lost race leaves an orphan instead of a conflict.
/// </summary>
public sealed class AuthenticatedRecords(IBlobStore store, PlatformKeyring keyring)
{
    /// <summary>Writes a record and returns what names it from then on.</summary>
    public async Task<RecordRef> WriteAsync<T>(
        string folder,
        long seq,
        RecordType type,
        T value,
        JsonTypeInfo<T> json,
        CancellationToken cancellation = default
    )
    {
        var name = $"{folder}/{Sequence(seq)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var content = RecordEnvelope.Seal(type, keyring.Current, JsonSerializer.SerializeToUtf8Bytes(value, json));
        await store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
        return new RecordRef(name, Hash(content));
    }

    /// <summary>Reads the record a reference names: that very content and no other.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, RecordTampered, DataTooNew, WrongPlatformKey.</exception>
    public async Task<T> ReadAsync<T>(RecordRef reference, RecordType type, JsonTypeInfo<T> json, CancellationToken cancellation = default)
    {
        var blob =
            await store.GetAsync(reference.Name, cancellation)
            ?? throw new VaultException(ErrorCodes.DataMissing, $"The record '{reference.Name}' is missing.");
        var value = Open(reference.Name, blob, type, json);
        return Hash(blob.Content.Span) == reference.Hash
            ? value
            : throw new VaultException(ErrorCodes.RecordTampered, $"The record '{reference.Name}' is authentic but not the one in force.");
    }

    /// <summary>Reads an authentic record by name; null when there is none.</summary>
    public async Task<T?> FindAsync<T>(string name, RecordType type, JsonTypeInfo<T> json, CancellationToken cancellation = default)
        where T : class => await store.GetAsync(name, cancellation) is { } blob ? Open(name, blob, type, json) : null;

    /// <summary>The sequence number of a record's name.</summary>
    public static long SequenceOf(string name) =>
        long.Parse(name.AsSpan(name.LastIndexOf('/') + 1, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The same for names found in a listing, where anything may lie.</summary>
    public static bool TrySequenceOf(string name, out long seq)
    {
        var own = name.AsSpan(name.LastIndexOf('/') + 1);
        seq = 0;
        return own.Length > 16
            && own[16] == '-'
            && long.TryParse(own[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out seq);
    }

    public static string Sequence(long seq) => seq.ToString("x16", CultureInfo.InvariantCulture);

    private T Open<T>(string name, Blob blob, RecordType type, JsonTypeInfo<T> json)
    {
        try
        {
            var payload = RecordEnvelope.Open(blob.Content.Span, type, keyring.Find);
            return JsonSerializer.Deserialize(payload, json)
                ?? throw new VaultException(ErrorCodes.RecordTampered, $"The record '{name}' is empty.");
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"The record '{name}'", isRecord: true);
        }
    }

    private static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
