using System.Runtime.CompilerServices;

namespace RecoveryVault.Storage;

/// <summary>Listing as one sequence.</summary>
public static class BlobStoreListing
{
    /// <summary>All blobs under a prefix, page by page as they are asked for.</summary>
    public static async IAsyncEnumerable<BlobItem> ListAllAsync(
        this IBlobStore store,
        string prefix,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        for (BlobPage? page = null; page is null || page.Next is not null; )
        {
            page = await store.ListAsync(prefix, page?.Next, cancellation: cancellation);
            foreach (var item in page.Items)
                yield return item;
        }
    }
}
