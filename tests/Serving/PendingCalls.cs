using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Serving;

/// <summary>Knows whether a call of any store is under way, so that a clock stands still meanwhile.</summary>
internal sealed class PendingCalls
{
    private int _count;

    public bool Any => Volatile.Read(ref _count) > 0;

    public IBlobStore Watch(IBlobStore store) => new Watched(this, store);

    private async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        Interlocked.Increment(ref _count);
        try
        {
            return await call();
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private sealed class Watched(PendingCalls calls, IBlobStore inner) : IBlobStore
    {
        public Task<string> PutAsync(string name, ReadOnlySequence<byte> content, PutCondition condition, CancellationToken cancellation) =>
            calls.RunAsync(() => inner.PutAsync(name, content, condition, cancellation));

        public Task<Blob?> GetAsync(string name, CancellationToken cancellation) =>
            calls.RunAsync(() => inner.GetAsync(name, cancellation));

        public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation) =>
            calls.RunAsync(() => inner.ReadAsync(name, offset, destination, cancellation));

        public Task<bool> DeleteAsync(string name, string? ifMatch, CancellationToken cancellation) =>
            calls.RunAsync(() => inner.DeleteAsync(name, ifMatch, cancellation));

        public Task<BlobPage> ListAsync(string prefix, string? after, int maxCount, CancellationToken cancellation) =>
            calls.RunAsync(() => inner.ListAsync(prefix, after, maxCount, cancellation));
    }
}
