namespace RecoveryVault.Storage;

/// <summary>What went wrong in the store.</summary>
public enum BlobError
{
    /// <summary>The store could not be reached or answered with an error; a write may have happened.</summary>
    Unavailable,

    /// <summary>The put's or delete's condition did not hold; nothing changed.</summary>
    PreconditionFailed,

    /// <summary>No space or quota left; nothing changed.</summary>
    StoreFull,

    /// <summary>The store refused access; nothing changed.</summary>
    AccessDenied,

    /// <summary>A stored blob is shorter or longer than it says, or its envelope is not one.</summary>
    Damaged,

    /// <summary>The name breaks the rules of <see cref="IBlobStore"/>; nothing was tried.</summary>
    InvalidName,
}

/// <summary>The one exception of <see cref="IBlobStore"/>.</summary>
public sealed class BlobStoreException(BlobError error, string message, Exception? inner = null) : Exception(message, inner)
{
    public BlobError Error { get; } = error;
}
