using System.Buffers;
using System.Diagnostics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Storage;

/// <summary>A store whose operations are measured and traced while somebody listens; otherwise calls go straight through.</summary>
public sealed class ObservedBlobStore(IBlobStore inner, TimeProvider time) : IBlobStore
{
    private const string Read = "read";
    private const string Write = "write";

    private static bool IsHeard => StoreMeter.IsHeard || VaultTraces.IsHeard;

    public Task<string> PutAsync(string name, ReadOnlySequence<byte> content, PutCondition condition, CancellationToken cancellation) =>
        !IsHeard
            ? inner.PutAsync(name, content, condition, cancellation)
            : ObserveAsync(
                "put",
                name,
                (inner, content, condition),
                static (put, name, c) => put.inner.PutAsync(name, put.content, put.condition, c),
                static (_, put) => (true, put.content.Length, Write),
                cancellation
            );

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation) =>
        !IsHeard
            ? inner.GetAsync(name, cancellation)
            : ObserveAsync(
                "get",
                name,
                inner,
                static (store, name, c) => store.GetAsync(name, c),
                static (blob, _) => (blob is not null, blob?.Content.Length ?? 0, Read),
                cancellation
            );

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation) =>
        !IsHeard
            ? inner.ReadAsync(name, offset, destination, cancellation)
            : ObserveAsync(
                "read",
                name,
                (inner, offset, destination),
                static (read, name, c) => read.inner.ReadAsync(name, read.offset, read.destination, c),
                static (count, _) => (count is not null, count ?? 0, Read),
                cancellation
            );

    public Task<bool> DeleteAsync(string name, string? ifMatch, CancellationToken cancellation) =>
        !IsHeard
            ? inner.DeleteAsync(name, ifMatch, cancellation)
            : ObserveAsync(
                "delete",
                name,
                (inner, ifMatch),
                static (delete, name, c) => delete.inner.DeleteAsync(name, delete.ifMatch, c),
                static (wasThere, _) => (wasThere, 0, Write),
                cancellation
            );

    public Task<BlobPage> ListAsync(string prefix, string? after, int maxCount, CancellationToken cancellation) =>
        !IsHeard
            ? inner.ListAsync(prefix, after, maxCount, cancellation)
            : ObserveAsync(
                "list",
                prefix,
                (inner, after, maxCount),
                static (list, prefix, c) => list.inner.ListAsync(prefix, list.after, list.maxCount, c),
                static (_, _) => (true, 0, Read),
                cancellation
            );

    /// <param name="told">Whether there was such a blob, how many bytes went, and which way.</param>
    private async Task<TResult> ObserveAsync<TCall, TResult>(
        string operation,
        string name,
        TCall call,
        Func<TCall, string, CancellationToken, Task<TResult>> run,
        Func<TResult, TCall, (bool IsThere, long Bytes, string Direction)> told,
        CancellationToken cancellation
    )
    {
        using var span = VaultTraces.Start($"rvault.store.{operation}", ActivityKind.Client);
        span?.SetTag("rvault.store.area", AreaOf(name));
        var started = time.GetTimestamp();
        var outcome = "cancelled";
        try
        {
            var result = await run(call, name, cancellation);
            var (isThere, bytes, direction) = told(result, call);
            outcome = isThere ? "ok" : "not_found";
            if (bytes > 0)
                StoreMeter.Moved(direction, bytes);
            return result;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            outcome = e is BlobStoreException failure ? StoreMeter.NameOf(failure.Error) : "fault";
            // That another was first is the answer to a question, and no error.
            if (outcome != "precondition_failed")
                span.Fail(outcome);
            throw;
        }
        finally
        {
            StoreMeter.Done(operation, outcome, time.GetElapsedTime(started));
        }
    }

    /// <summary>The folder all blobs of a kind lie in; the rest of a name has ids in it, and names of vaults and items.</summary>
    private static string AreaOf(string name) => name.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? name[..end] : name;
}
