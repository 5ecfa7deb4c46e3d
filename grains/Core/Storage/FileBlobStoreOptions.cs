namespace RecoveryVault.Storage;

/// <summary>The choices of a <see cref="FileBlobStore"/>.</summary>
public sealed class FileBlobStoreOptions
{
    /// <summary>
    /// Make the store if the directory is not one yet. Off by default: a mistyped or unmounted path must not become an empty store.
    /// </summary>
    public bool CreateIfMissing { get; init; }

    /// <summary>How long a replacement or deletion waits for another process that is replacing the same name. Default 30 s.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
