using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Stores;

/// <summary>
/// <c>store.json</c>, written when a store is made and when its platform keys change: what it is, in which format, and for each
/// platform key
/// it needs a value that only the holder can compute. A process with the wrong keyring, the wrong store or an older format refuses to
/// start.
/// </summary>
public sealed partial record StoreManifest : Evolving
{
    public const string BlobName = "store.json";

    public const string FormatName = "recoveryvault-store";

    /// <summary>The newest format this version reads and the one it writes.</summary>
    public const int CurrentVersion = 1;

    public required string Format { get; init; }

    public required int FormatVersion { get; init; }

    /// <summary>A GUID; also names the default keys directory and the tenant.</summary>
    public required string StoreId { get; init; }

    public required string ServiceId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required uint PlatformKeyId { get; init; }

    public required string PlatformKeyCheck { get; init; }

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="VaultException">NotAStore, StoreTooNew.</exception>
    public static async Task<StoreManifest?> FindAsync(IBlobStore store, CancellationToken cancellation = default)
    {
        if (await store.GetAsync(BlobName, cancellation) is not { } blob)
            return null;
        try
        {
            // The version first: a newer format may lack or rename everything else.
            var header = RecordJson.Read(blob.Content.Span, RecordJson.Default.StoreFormat);
            if (header?.Format != FormatName)
                throw new VaultException(ErrorCodes.NotAStore, $"{BlobName} is not that of a store.");
            if (header.FormatVersion > CurrentVersion)
                throw new VaultException(
                    ErrorCodes.StoreTooNew,
                    $"The store has format version {header.FormatVersion}; this version knows {CurrentVersion}."
                );
            var manifest = RecordJson.Read(blob.Content.Span, RecordJson.Default.StoreManifest);
            // The id becomes part of a path, and whoever can write to the store could write any path there.
            return header.FormatVersion > 0 && Guid.TryParseExact(manifest?.StoreId, "D", out _)
                ? manifest
                : throw new VaultException(ErrorCodes.NotAStore, $"{BlobName} is damaged: it names no format version or no store id.");
        }
        catch (LaterRecordException e)
        {
            throw new VaultException(ErrorCodes.StoreTooNew, $"{BlobName} cannot be used: {e.Message}");
        }
        catch (JsonException e)
        {
            throw new VaultException(ErrorCodes.NotAStore, $"{BlobName} is not that of a store: {e.Message}");
        }
    }

    /// <summary>Makes a store out of an empty place: its keys first, so that a store without keys never exists.</summary>
    public static async Task<(StoreManifest Manifest, PlatformKeyring Keyring)> CreateAsync(
        IBlobStore store,
        string storeId,
        string serviceId,
        IBlobStore keys,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var keyring = await PlatformKeyring.CreateAsync(keys, storeId, time, cancellation);
        var manifest = new StoreManifest
        {
            Format = FormatName,
            FormatVersion = CurrentVersion,
            StoreId = storeId,
            ServiceId = serviceId,
            CreatedAt = time.GetUtcNow(),
            PlatformKeyId = keyring.CurrentId,
            PlatformKeyCheck = keyring.CheckValue(keyring.CurrentId),
        };
        var content = JsonSerializer.SerializeToUtf8Bytes(manifest, RecordJson.Default.StoreManifest);
        await store.PutAsync(BlobName, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
        return (manifest, keyring);
    }
}

/// <summary>The part of <see cref="StoreManifest"/> that every format version has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record StoreFormat(string? Format, int FormatVersion);
