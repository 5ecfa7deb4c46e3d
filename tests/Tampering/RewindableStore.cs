using System.Buffers;
using System.Collections.Concurrent;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Tampering;

/// <summary>
/// A store in memory that can be put back to how it was, as often as wanted, and that knows every content a blob ever had: what somebody
/// who copied the store now and then could bring back.
/// </summary>
internal sealed class RewindableStore(TimeProvider time) : IBlobStore
{
    private readonly ConcurrentDictionary<string, List<byte[]>> _history = new();
    private MemoryBlobStore _current = new(time);
    private MemoryBlobStore? _frozen;

    /// <summary>The names of everything that ever was, also of what was deleted since.</summary>
    public IReadOnlyList<string> EverNamed { get; private set; } = [];

    /// <summary>Everything as it was when it was frozen.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    public async Task FreezeAsync()
    {
        _frozen = _current.Copy();
        Names = await _frozen.ListNamesAsync();
        EverNamed = [.. _history.Keys.Order(StringComparer.Ordinal)];
    }

    public void Rewind() => _current = (_frozen ?? throw new InvalidOperationException("It was never frozen.")).Copy();

    /// <summary>What a blob holds, or held last.</summary>
    public byte[] Last(string name) => _history[name][^1];

    /// <summary>Earlier contents of a blob, oldest first.</summary>
    public IReadOnlyList<byte[]> Earlier(string name) => _history[name][..^1];

    public Task OverwriteAsync(string name, byte[] content) =>
        _current.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);

    public async Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        var etag = await _current.PutAsync(name, content, condition, cancellation);
        if (_frozen is null)
            _history.GetOrAdd(name, _ => []).Add(content.ToArray());
        return etag;
    }

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default) => _current.GetAsync(name, cancellation);

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        _current.ReadAsync(name, offset, destination, cancellation);

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default) =>
        _current.DeleteAsync(name, ifMatch, cancellation);

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default) =>
        _current.ListAsync(prefix, after, maxCount, cancellation);
}
