using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Serving;

/// <summary>The claim on a store as it was found.</summary>
/// <param name="Owner">Whose it is; null when nobody's, or when it says nothing any more.</param>
/// <param name="ETag">Its version; null when there is none, or when it cannot be read at all.</param>
/// <param name="IsFree">There is none.</param>
internal sealed record FoundClaim(ClaimRecord? Owner, string? ETag, bool IsFree)
{
    public static async Task<FoundClaim> FindAsync(IBlobStore store, CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(ClusterClaim.BlobName, cancellation) is { } blob
                ? new FoundClaim(ClaimRecord.Read(blob.Content.Span), blob.ETag, IsFree: false)
                : new FoundClaim(null, null, IsFree: true);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            return new FoundClaim(null, null, IsFree: false);
        }
    }

    /// <summary>Writes a claim in its place and returns its version; null when another one is there by now.</summary>
    public async Task<string?> TryReplaceAsync(IBlobStore store, ClaimRecord own, CancellationToken cancellation)
    {
        // A damaged one has no version to name: of several that replace it at once, the last one stays, and the others see it.
        var condition =
            IsFree ? PutCondition.IfAbsent
            : ETag is null ? PutCondition.IfPresent
            : PutCondition.IfMatch(ETag);
        try
        {
            return await store.PutAsync(ClusterClaim.BlobName, new ReadOnlySequence<byte>(own.Write()), condition, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            return null;
        }
    }
}
