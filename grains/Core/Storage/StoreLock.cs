using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// The lock by which one process has a store directory to itself. The kernel's lock on the open file decides, and ends with the process
/// however it dies; the text in the file only tells others whom they wait for. The file is never removed. The silos of a cluster hold it
/// together, and keep all others out by that.
/// </summary>
public sealed class StoreLock : IDisposable, IAsyncDisposable
{
    private const int MaxTextBytes = 4096,
        MaxCommandLength = 200;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);
    private readonly SafeFileHandle _file;
    private readonly StoreLockHolder _self;

    private StoreLock(SafeFileHandle file, StoreLockHolder self) => (_file, _self) = (file, self);

    /// <summary>
    /// Takes the lock of the store at <paramref name="root"/>, waiting at most <paramref name="wait"/> for another holder.
    /// </summary>
    /// <param name="root">The directory of an existing store.</param>
    /// <param name="command">What this process is doing, for others to read; no secrets. 200 characters are kept.</param>
    /// <param name="wait">Zero asks once.</param>
    /// <param name="time">The clock of the wait and of the holder's time.</param>
    /// <param name="onWaiting">
    /// Told the holder before the wait begins, and again when it changes; what it throws ends the wait: a holder that serves the store is
    /// better asked than waited for.
    /// </param>
    /// <param name="cluster">Hold it together with the other silos of this cluster; null: alone.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreLockedException">The wait is over.</exception>
    /// <exception cref="BlobStoreException">There is no store, or its lock file cannot be opened.</exception>
    public static async Task<StoreLock> AcquireAsync(
        string root,
        string command,
        TimeSpan wait,
        TimeProvider time,
        Action<StoreLockHolder>? onWaiting = null,
        string? cluster = null,
        CancellationToken cancellation = default
    )
    {
        SafeFileHandle? file = null;
        try
        {
            var store = StoreDirectory.Open(root);
            file = Libc.OpenOrCreate(store.LockFile);
            await LockAsync(file, store.Root, wait, time, onWaiting, cluster is not null, cancellation);
            var self = new StoreLockHolder(
                Environment.ProcessId,
                Environment.MachineName,
                command[..Math.Min(command.Length, MaxCommandLength)],
                time.GetUtcNow()
            )
            {
                Cluster = cluster,
            };
            WriteHolder(file, self);
            var held = new StoreLock(file, self);
            file = null;
            return held;
        }
        catch (Exception error) when (Errno.IsFileError(error))
        {
            throw Errno.Translate($"Locking the store at {root}", error);
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Tells others that this process serves the store there; nulls: no longer.</summary>
    public void Announce(string? gateway, string? dataPlane) => WriteHolder(_file, _self with { Gateway = gateway, DataPlane = dataPlane });

    public void Dispose()
    {
        if (_file.IsClosed)
            return;
        Libc.Unlock(_file);
        _file.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task LockAsync(
        SafeFileHandle file,
        string root,
        TimeSpan wait,
        TimeProvider time,
        Action<StoreLockHolder>? onWaiting,
        bool shares,
        CancellationToken cancellation
    )
    {
        var start = time.GetTimestamp();
        StoreLockHolder? told = null;
        while (!(shares ? Libc.TryShareLock(file) : Libc.TryLock(file)))
        {
            var holder = ReadHolder(file);
            // The text outlives its writer: where silos hold the lock, it can be held together with them.
            if (holder.Cluster is not null && !IsShared(file))
                holder = StoreLockHolder.Unknown;
            var left = wait - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw new StoreLockedException(root, holder, wait);
            if (holder != told)
                onWaiting?.Invoke(holder);
            told = holder;
            await Task.Delay(left < RetryDelay ? left : RetryDelay, time, cancellation);
        }
    }

    private static bool IsShared(SafeFileHandle file)
    {
        if (!Libc.TryShareLock(file))
            return false;
        Libc.Unlock(file);
        return true;
    }

    private static StoreLockHolder ReadHolder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[MaxTextBytes];
        return StoreLockHolder.FromJson(text[..RandomAccess.Read(file, text, 0)]);
    }

    private static void WriteHolder(SafeFileHandle file, StoreLockHolder holder)
    {
        try
        {
            var text = holder.ToJson();
            RandomAccess.Write(file, text, 0);
            RandomAccess.SetLength(file, text.Length);
        }
        catch (IOException)
        {
            // The lock is held all the same; a full disk must not keep anyone from restoring.
        }
    }
}
