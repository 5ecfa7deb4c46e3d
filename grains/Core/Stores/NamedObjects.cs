using System.Globalization;
using System.Text.Json;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Stores;

/// <summary>What clear records say must be in the store.</summary>
internal static class NamedObjects
{
    /// <summary>The objects a grain's record names.</summary>
    /// <exception cref="JsonException">It is no such record.</exception>
    public static async Task<IReadOnlyList<string>> InAsync(
        IBlobStore store,
        string blobName,
        ReadOnlyMemory<byte> content,
        CancellationToken cancellation
    )
    {
        if (blobName.StartsWith(GrainRecords.AllItemBlobs, StringComparison.Ordinal))
            return RecordJson.Read(content.Span, RecordJson.Default.ItemRecord) is { } item
                ? Present([
                    item.Ring?.Name,
                    item.Descriptor?.Name,
                    item.Tombstones?.Name,
                    .. await ManifestsAsync(store, item, cancellation),
                ])
                : [];
        if (blobName.StartsWith(GrainRecords.AllVaultBlobs, StringComparison.Ordinal))
            return Present([RecordJson.Read(content.Span, RecordJson.Default.VaultRecord)?.Descriptor?.Name]);
        return [];
    }

    /// <summary>
    /// The manifests of the points that are not purged. Which those are a record says that is damaged itself, perhaps: then nothing is
    /// claimed of manifests, for the scrub reports that record anyway.
    /// </summary>
    private static async Task<IEnumerable<string>> ManifestsAsync(IBlobStore store, ItemRecord item, CancellationToken cancellation)
    {
        if (item.Tombstones is not { } tombstones)
            return item.Heads.Select(h => h.Manifest);
        try
        {
            if (await store.GetAsync(tombstones.Name, cancellation) is not { } blob)
                return [];
            var payload = RecordEnvelope.UnverifiedPayload(blob.Content.Span);
            var deletions = RecordJson.Read(payload, RecordJson.Default.Deletions);
            return item.Heads.Where(h => deletions?.IsPurged(h.Seq) is not true).Select(h => h.Manifest);
        }
        catch (Exception e) when (e is FormatFaultException or JsonException or BlobStoreException { Error: BlobError.Damaged })
        {
            return [];
        }
    }

    private static List<string> Present(IEnumerable<string?> names) => [.. names.OfType<string>()];
}

/// <summary>Finds gaps in activity logs and their checkpoints while a listing goes through them in order.</summary>
internal sealed class LogPlaces
{
    private string _folder = "";
    private long _last;

    /// <summary>What must lie between the last one seen and this one.</summary>
    public IReadOnlyList<string> Follow(string blobName)
    {
        var folder = blobName[..(blobName.LastIndexOf('/') + 1)];
        if (
            !(folder.StartsWith("log/", StringComparison.Ordinal) || folder.StartsWith("checkpoints/", StringComparison.Ordinal))
            || !long.TryParse(blobName.AsSpan(folder.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var seq)
        )
            return [];
        var last = folder == _folder ? _last : 0;
        (_folder, _last) = (folder, seq);
        // A name out of all reason is not followed place by place.
        return
        [
            .. Enumerable.Range(1, (int)Math.Clamp(seq - last - 1, 0, 1000)).Select(i => folder + AuthenticatedRecords.Sequence(last + i)),
        ];
    }
}
