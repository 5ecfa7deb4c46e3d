using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RecoveryVault.Storage;

/// <summary>
/// Exclusive locks by name, across threads and processes, freed by the kernel when their holder dies. Names share 64 lock files (by a hash
/// of the path that is part of the layout); nobody ever holds two, so sharing costs waiting and never a deadlock.
/// </summary>
/// <remarks>
/// Threads of this process queue at a semaphore per file, so at most one asks the kernel. It asks without blocking and again after a delay:
/// a holder only compares an etag and renames, so waits are short, and a waiting put blocks no thread and can be cancelled.
/// </remarks>
internal sealed class NameLocks(string directory, TimeProvider time, TimeSpan timeout)
{
    private const int Count = 64;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(8);
    private readonly SemaphoreSlim[] _queues = [.. Enumerable.Range(0, Count).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Makes the lock files with the store, so that a full disk never keeps anyone from deleting.</summary>
    public static void MakeFiles(string directory)
    {
        for (var index = 0; index < Count; index++)
            Libc.OpenOrCreate(PathOf(directory, index)).Dispose();
    }

    /// <exception cref="BlobStoreException"><see cref="BlobError.Unavailable"/>: another process held the lock for too long.</exception>
    public async Task<IDisposable> AcquireAsync(string path, CancellationToken cancellation)
    {
        var index = (int)(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(path.AsSpan())) % Count);
        await _queues[index].WaitAsync(cancellation);
        SafeFileHandle? file = null;
        try
        {
            file = Libc.OpenOrCreate(PathOf(directory, index));
            await LockAsync(file, cancellation);
            return new Holder(file, _queues[index]);
        }
        catch
        {
            file?.Dispose();
            _queues[index].Release();
            throw;
        }
    }

    private async Task LockAsync(SafeFileHandle file, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        for (var delay = FirstDelay; !Libc.TryLock(file); delay = delay < LongestDelay ? 2 * delay : LongestDelay)
        {
            if (time.GetElapsedTime(start) >= timeout)
                throw TimedOut();
            await Task.Delay(delay, time, cancellation);
        }
    }

    private static string PathOf(string directory, int index) => Path.Join(directory, index.ToString("x2", CultureInfo.InvariantCulture));

    private BlobStoreException TimedOut() =>
        new(
            BlobError.Unavailable,
            $"Another process held a lock in {directory} for more than {timeout.TotalSeconds:0} s; nothing was changed. Is one of them stopped?"
        );

    private sealed class Holder(SafeFileHandle file, SemaphoreSlim queue) : IDisposable
    {
        public void Dispose()
        {
            Libc.Unlock(file);
            file.Dispose();
            queue.Release();
        }
    }
}
