using System.Runtime.CompilerServices;

namespace RecoveryVault.Storage;

/// <summary>Listing as one sequence.</summary>
public static class BlobStoreListing
{
    /// <summary>All blobs under a prefix, page by page as they are asked for.</summary>
    public static IAsyncEnumerable<BlobItem> ListAllAsync(this IBlobStore store, string prefix, CancellationToken cancellation = default) =>
        store.ListAllAsync(prefix, null, cancellation);

    /// <summary>All blobs under a prefix that sort after a name.</summary>
    public static async IAsyncEnumerable<BlobItem> ListAllAsync(
        this IBlobStore store,
        string prefix,
        string? after,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        for (BlobPage? page = null; page is null || page.Next is not null; )
        {
            page = await store.ListAsync(prefix, page?.Next ?? after, cancellation: cancellation);
            foreach (var item in page.Items)
                yield return item;
        }
    }
}
