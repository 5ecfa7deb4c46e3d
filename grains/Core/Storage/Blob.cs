namespace RecoveryVault.Storage;

/// <summary>A blob as read: its content, a copy that is the reader's own to wipe, and the etag of exactly that content.</summary>
public sealed record Blob(ReadOnlyMemory<byte> Content, string ETag);

/// <summary>
/// A blob as listed; the length is the content's, in bytes, and the time is the store's clock. The etag is null where a listing knows it
/// only by looking into each blob.
/// </summary>
public sealed record BlobItem(string Name, long Length, DateTimeOffset LastModified, string? ETag = null);

/// <summary>One page of a listing in ordinal order of names; <see cref="Next"/> is null on the last page.</summary>
public sealed record BlobPage(IReadOnlyList<BlobItem> Items, string? Next);
