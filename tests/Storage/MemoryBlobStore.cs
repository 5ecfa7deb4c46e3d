using System.Buffers;
using System.Collections.Immutable;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>The blob store of fast tests: one immutable sorted map, swapped under a lock.</summary>
public sealed class MemoryBlobStore(TimeProvider? time = null) : IBlobStore
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private ImmutableSortedDictionary<string, Entry> _entries = ImmutableSortedDictionary.Create<string, Entry>(StringComparer.Ordinal);
    private ImmutableSortedSet<string> _names = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
    private long _writes;

    private sealed record Entry(byte[] Content, string ETag, DateTimeOffset LastModified);

    /// <summary>Another store that holds the same, at no cost.</summary>
    public MemoryBlobStore Copy() =>
        new(_time)
        {
            _entries = _entries,
            _names = _names,
            _writes = _writes,
        };

    /// <summary>Holds from now on what another one holds, with its etags: a store that was set back.</summary>
    public void Become(MemoryBlobStore other)
    {
        lock (_gate)
            (_entries, _names) = (other._entries, other._names);
    }

    /// <summary>Whether nothing was written here since it became the other one, nor there.</summary>
    public bool IsStill(MemoryBlobStore other) => ReferenceEquals(_entries, other._entries);

    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        cancellation.ThrowIfCancellationRequested();
        BlobName.Require(name);
        var bytes = content.ToArray();
        if (condition.Kind == PutConditionKind.IfAbsent)
            SealMonitor.Shared.Observe(bytes);
        lock (_gate)
        {
            var current = _entries.GetValueOrDefault(name);
            var holds = condition.Kind switch
            {
                PutConditionKind.IfAbsent => current is null,
                PutConditionKind.IfPresent => current is not null,
                PutConditionKind.IfMatch => current?.ETag == condition.ETag,
                _ => true,
            };
            if (!holds)
                throw new BlobStoreException(BlobError.PreconditionFailed, $"The condition {condition.Kind} does not hold for '{name}'.");
            var etag = $"\"{++_writes:x}\"";
            _names = _names.Add(name);
            _entries = _entries.SetItem(name, new Entry(bytes, etag, _time.GetUtcNow()));
            return Task.FromResult(etag);
        }
    }

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        BlobName.Require(name);
        return Task.FromResult(_entries.TryGetValue(name, out var entry) ? new Blob(entry.Content.ToArray(), entry.ETag) : null);
    }

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        BlobName.Require(name);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (!_entries.TryGetValue(name, out var entry))
            return Task.FromResult<int?>(null);
        var count = (int)Math.Clamp(entry.Content.LongLength - offset, 0, destination.Length);
        if (count > 0)
            entry.Content.AsSpan((int)offset, count).CopyTo(destination.Span);
        return Task.FromResult<int?>(count);
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        BlobName.Require(name);
        lock (_gate)
        {
            if (!_entries.TryGetValue(name, out var current))
                return Task.FromResult(false);
            if (ifMatch is not null && current.ETag != ifMatch)
                throw new BlobStoreException(BlobError.PreconditionFailed, $"'{name}' has changed.");
            _names = _names.Remove(name);
            _entries = _entries.Remove(name);
            return Task.FromResult(true);
        }
    }

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxCount);
        List<BlobItem> items = [];
        lock (_gate)
        {
            for (var at = PositionOf(prefix, after); at < _names.Count && items.Count <= maxCount; at++)
            {
                if (!_names[at].StartsWith(prefix, StringComparison.Ordinal))
                    break;
                var entry = _entries[_names[at]];
                items.Add(new BlobItem(_names[at], entry.Content.Length, entry.LastModified, entry.ETag));
            }
        }
        var more = items.Count > maxCount;
        if (more)
            items.RemoveAt(maxCount);
        return Task.FromResult(new BlobPage(items, more ? items[^1].Name : null));
    }

    /// <summary>Of the first name that has the prefix, or is behind <paramref name="after"/> where that is further on.</summary>
    private int PositionOf(string prefix, string? after)
    {
        var isAfter = after is not null && string.CompareOrdinal(after, prefix) >= 0;
        var position = _names.IndexOf(isAfter ? after! : prefix);
        return position < 0 ? ~position : position + (isAfter ? 1 : 0);
    }
}
