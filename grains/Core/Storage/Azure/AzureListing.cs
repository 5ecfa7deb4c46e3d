using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using StoredItem = Azure.Storage.Blobs.Models.BlobItem;

namespace RecoveryVault.Storage.Azure;

/// <summary>One page of a listing, of as many of the service's pages as it takes.</summary>
/// <remarks>
/// The service begins at <c>startFrom</c>; one that does not know it begins at the prefix, and what comes too early is left out here. The
/// order is checked: a service that lists in another must not make a caller skip names.
/// </remarks>
internal sealed class AzureListing(BlobContainerClient container, string prefix, string? after, int maxCount)
{
    private const int LargestPage = 5000;
    private readonly List<BlobItem> _items = [];
    private string? _last;

    public async Task<BlobPage> ReadAsync(CancellationToken cancellation)
    {
        // Nothing can come, but whether the service can be asked is part of the answer.
        var isBehind = string.CompareOrdinal(after, prefix) > 0 && !after!.StartsWith(prefix, StringComparison.Ordinal);
        var options = new GetBlobsOptions
        {
            Prefix = AzureBlobName.EncodePrefix(prefix),
            StartFrom = string.CompareOrdinal(after, prefix) >= 0 && !isBehind ? AzureBlobName.EncodeAfter(after!) : null,
        };
        string? marker = null;
        do
        {
            var size = isBehind ? 1 : Math.Min(LargestPage, maxCount - _items.Count);
            await foreach (var page in container.GetBlobsAsync(options, cancellation).AsPages(marker, size))
            {
                marker = page.ContinuationToken;
                foreach (var found in page.Values)
                    Add(found);
                break;
            }
        } while (!string.IsNullOrEmpty(marker) && _items.Count < maxCount && !isBehind);
        return new(_items, string.IsNullOrEmpty(marker) || isBehind ? null : _items[^1].Name);
    }

    private void Add(StoredItem found)
    {
        if (AzureBlobName.Decode(found.Name) is not { } name)
            return;
        if (_last is not null && string.CompareOrdinal(name, _last) <= 0)
            throw new BlobStoreException(BlobError.Unavailable, "The service does not list in the order of names: it cannot hold a store.");
        _last = name;
        if (!name.StartsWith(prefix, StringComparison.Ordinal) || string.CompareOrdinal(name, after) <= 0)
            return;
        var properties = found.Properties;
        var etag = properties.ETag is { } version ? AzureETags.Format(version) : null;
        _items.Add(new(name, properties.ContentLength ?? 0, properties.LastModified ?? default, etag));
    }
}
