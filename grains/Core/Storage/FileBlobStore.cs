using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// The blob store in a local directory, for any number of threads and processes of one machine. A copy of the directory, made by any tool
/// that keeps file names and contents while nothing writes, is the same store.
/// </summary>
/// <remarks>
/// <para>On disk: one file per blob at the path of <see cref="BlobPath"/> in the form of <see cref="BlobFile"/>; files 0600, directories
/// 0700. <c>.rvault/layout</c> marks a store and names this layout; <c>.rvault/tmp</c> holds files being written, <c>.rvault/locks</c> the
/// locks of <see cref="NameLocks"/> and <c>.rvault/lock</c> that of <see cref="StoreLock"/>; only the first is worth keeping.</para>
/// <para>A put writes a temporary file, syncs it, gives it its name and syncs the directory. To create is to link, which fails if the name
/// is taken; to replace is to compare and rename under the name's lock; to delete is to compare and unlink under the same lock. A failure
/// before the name is given changes nothing; one after it is <see cref="BlobError.Unavailable"/>. No failed sync is tried again.</para>
/// <para>A put or delete that was cancelled did not happen.</para>
/// </remarks>
public sealed class FileBlobStore : IBlobStore
{
    /// <summary>The one entry of a store's directory that holds no blobs.</summary>
    public const string ReservedName = StoreDirectory.Reserved;

    /// <summary>Whether a file begins as a blob's does; one that cannot be read does not.</summary>
    public static bool IsBlobFile(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            return BlobFile.BeginsAsBlob(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private readonly StoreDirectory _store;
    private readonly DurableDirectories _directories;
    private readonly NameLocks _locks;

    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    /// <exception cref="BlobStoreException">No store is at <paramref name="root"/>, or it could not be opened or made.</exception>
    public FileBlobStore(string root, TimeProvider? time = null, FileBlobStoreOptions? options = null)
    {
        options ??= new FileBlobStoreOptions();
        try
        {
            _store = options.CreateIfMissing ? StoreDirectory.OpenOrCreate(root) : StoreDirectory.Open(root);
        }
        catch (Exception error) when (Errno.IsFileError(error))
        {
            throw Errno.Translate($"Opening the store at {root}", error);
        }
        _directories = new DurableDirectories(_store);
        _locks = new NameLocks(_store.Locks, time ?? TimeProvider.System, options.LockTimeout);
    }

    /// <inheritdoc/>
    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        BlobName.Require(name);
        return RunAsync($"Put of '{name}'", () => WriteAsync(BlobPath.Encode(name), content, condition, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        BlobName.Require(name);
        return RunAsync(
            $"Get of '{name}'",
            () =>
            {
                using var file = TryOpen(BlobPath.Encode(name));
                return Task.FromResult(file is null ? null : BlobFile.ReadWhole(file));
            },
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        BlobName.Require(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return RunAsync(
            $"Read of '{name}'",
            () =>
            {
                using var file = TryOpen(BlobPath.Encode(name));
                return Task.FromResult(file is null ? (int?)null : BlobFile.ReadRange(file, offset, destination.Span));
            },
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        BlobName.Require(name);
        return RunAsync($"Delete of '{name}'", () => RemoveAsync(BlobPath.Encode(name), ifMatch, cancellation), cancellation);
    }

    /// <inheritdoc/>
    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxCount);
        return RunAsync(
            $"List of '{prefix}'",
            () => Task.FromResult(new BlobListing(_store, prefix, after, maxCount).Read(cancellation)),
            cancellation
        );
    }

    private async Task<string> WriteAsync(
        string path,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation
    )
    {
        Require(condition, path);
        _store.PrepareForWrites();
        using var temp = TempFile.Create(_store.Temporary);
        var (parts, etag) = BlobFile.Compose(content);
        temp.Write(parts);
        using var directory = _directories.Open(BlobPath.Parent(path));
        using var target = Reach(path);
        cancellation.ThrowIfCancellationRequested();
        if (condition.Kind == PutConditionKind.IfAbsent)
        {
            if (!Libc.TryLink(temp.Path, target.Path))
                throw Exists(path);
        }
        else
        {
            using var held = await _locks.AcquireAsync(path, cancellation);
            Require(condition, path);
            Libc.Rename(temp.Path, target.Path);
        }
        SyncPublished(directory);
        return etag;
    }

    private async Task<bool> RemoveAsync(string path, string? ifMatch, CancellationToken cancellation)
    {
        using (var present = TryOpen(path))
            if (present is null)
                return false;
        _store.PrepareForWrites();
        using var held = await _locks.AcquireAsync(path, cancellation);
        using var current = TryOpen(path);
        if (current is null)
            return false;
        if (ifMatch is not null)
            RequireVersion(current, ifMatch);
        using var place = Reach(BlobPath.Parent(path));
        using var directory = Libc.TryOpen(place.Path) ?? throw new DirectoryNotFoundException();
        using var target = Reach(path);
        Libc.TryUnlink(target.Path);
        SyncPublished(directory);
        return true;
    }

    /// <summary>
    /// Throws unless the condition holds now. A put asks before it writes anything, to fail early, and again under the lock, where it
    /// counts.
    /// </summary>
    private void Require(PutCondition condition, string path)
    {
        if (condition.Kind == PutConditionKind.Always)
            return;
        using var current = TryOpen(path);
        if (current is not null && condition.Kind == PutConditionKind.IfAbsent)
            throw Exists(path);
        if (current is null && condition.Kind != PutConditionKind.IfAbsent)
            throw NotMatched("there is none");
        if (current is not null && condition.Kind == PutConditionKind.IfMatch)
            RequireVersion(current, condition.ETag);
    }

    private static void RequireVersion(SafeFileHandle current, string? wanted)
    {
        var (etag, _) = BlobFile.ReadHeader(current);
        if (etag != wanted)
            throw NotMatched($"got version {etag}, want {wanted}");
    }

    /// <summary>
    /// The refusal to create what is there. Whoever hears it may count on the blob, but its writer may have died before syncing its name.
    /// </summary>
    private BlobStoreException Exists(string path)
    {
        using var directory = _directories.Open(BlobPath.Parent(path));
        Libc.Fsync(directory);
        return NotMatched("there is one already");
    }

    private SafeFileHandle? TryOpen(string path)
    {
        using var reached = _store.Reach(path);
        var file = reached is null ? null : Libc.TryOpen(reached.Path);
        if (file is null)
            _store.RequirePresent();
        return file;
    }

    private ReachedPath Reach(string path) => _store.Reach(path) ?? throw new DirectoryNotFoundException();

    private static void SyncPublished(SafeFileHandle directory)
    {
        try
        {
            Libc.Fsync(directory);
        }
        catch (IOException error)
        {
            throw new BlobStoreException(BlobError.Unavailable, $"The change was made but may not last: {error.Message}", error);
        }
    }

    private static BlobStoreException NotMatched(string reason) =>
        new(BlobError.PreconditionFailed, $"The blob was not changed: {reason}.");

    /// <summary>Runs blocking file work on the thread pool, so that callers (grains above all) go on meanwhile.</summary>
    private static async Task<T> RunAsync<T>(string operation, Func<Task<T>> work, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(work, cancellation);
        }
        catch (Exception error) when (Errno.IsFileError(error))
        {
            throw Errno.Translate(operation, error);
        }
    }
}
