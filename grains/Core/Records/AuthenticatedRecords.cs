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
public sealed class AuthenticatedRecords(IBlobStore store, PlatformKeyring? keyring)
{
    /// <summary>The same without keys: checksums are tested and MACs are not. For reports, never for decisions; writes nothing.</summary>
    internal static AuthenticatedRecords Unverified(IBlobStore store) => new(store, keyring: null);

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
        var content = RecordEnvelope.Seal(type, Keyring.Current, JsonSerializer.SerializeToUtf8Bytes(value, json));
        await store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
        return new RecordRef(name, Hash(content));
    }

    /// <summary>Reads the record a reference names: that very content and no other.</summary>
    /// <exception cref="VaultException">DataMissing, DataBitRot, RecordTampered, DataTooNew, WrongPlatformKey.</exception>
    public async Task<T> ReadAsync<T>(RecordRef reference, RecordType type, JsonTypeInfo<T> json, CancellationToken cancellation = default)
    {
        if (!reference.IsWhole)
            throw new VaultException(ErrorCodes.RecordTampered, "A grain's record names another record without its name or hash.");
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

    /// <summary>The same, with what names it from then on: for records found in a listing.</summary>
    public async Task<(T Value, RecordRef Reference)?> FindNamedAsync<T>(
        string name,
        RecordType type,
        JsonTypeInfo<T> json,
        CancellationToken cancellation = default
    )
        where T : class =>
        await store.GetAsync(name, cancellation) is { } blob
            ? (Open(name, blob, type, json), new RecordRef(name, Hash(blob.Content.Span)))
            : null;

    /// <summary>The same; null too when it is not authentic or cannot be read: then it proves nothing.</summary>
    public async Task<T?> FindSoundAsync<T>(string name, RecordType type, JsonTypeInfo<T> json, CancellationToken cancellation = default)
        where T : class
    {
        try
        {
            return await FindAsync(name, type, json, cancellation);
        }
        catch (Exception e) when (e is VaultException or BlobStoreException { Error: BlobError.Damaged })
        {
            return null;
        }
    }

    /// <summary>
    /// Whether an authentic record of a higher number lies where it belongs. A number one above that in force may be what a crash left
    /// behind; two above it was written on top of a grain's record that named the one between.
    /// </summary>
    /// <param name="isInPlace">Whether the record is about what its folder is about, and of the number in its name.</param>
    public async Task<bool> IsLaterThereAsync<T>(
        string folder,
        long seq,
        RecordType type,
        JsonTypeInfo<T> json,
        Func<T, long, bool> isInPlace,
        CancellationToken cancellation = default
    )
        where T : class
    {
        // The tilde sorts behind every name of that number.
        await foreach (var blob in store.ListAllAsync($"{folder}/", $"{folder}/{Sequence(seq)}~", cancellation))
        {
            if (
                TrySequenceOf(blob.Name, out var named)
                && await FindSoundAsync(blob.Name, type, json, cancellation) is { } later
                && isInPlace(later, named)
            )
                return true;
        }
        return false;
    }

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

    /// <summary>A record's name within its folder: "{seq}-{random}".</summary>
    public static string OwnName(string name) => name[(name.LastIndexOf('/') + 1)..];

    public static string Sequence(long seq) => seq.ToString("x16", CultureInfo.InvariantCulture);

    private PlatformKeyring Keyring => keyring ?? throw new InvalidOperationException("Records are written with keys only.");

    private T Open<T>(string name, Blob blob, RecordType type, JsonTypeInfo<T> json)
    {
        try
        {
            var payload = keyring is null
                ? RecordEnvelope.UnverifiedPayload(blob.Content.Span)
                : RecordEnvelope.Open(blob.Content.Span, type, keyring.Find);
            return RecordJson.Read(payload, json) ?? throw new VaultException(ErrorCodes.RecordTampered, $"The record '{name}' is empty.");
        }
        catch (FormatFaultException fault)
        {
            throw FormatRefusals.ToVaultException(fault, $"The record '{name}'", isRecord: true);
        }
        catch (LaterRecordException later)
        {
            throw new VaultException(ErrorCodes.DataTooNew, $"The record '{name}' cannot be used: {later.Message}");
        }
        catch (JsonException fault)
        {
            // Authentic, and not what belongs here: a record of the same type that is about something else.
            throw new VaultException(ErrorCodes.RecordTampered, $"The record '{name}' is authentic but of another kind: {fault.Message}");
        }
    }

    private static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
