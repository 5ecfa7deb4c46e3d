using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Comparison;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>
/// A regular file's data as one stream: the whole file, or of a sparse file its extents one after the other. It ends where the file ended
/// when it was opened, or earlier if the file was cut short. A block device is read like a file without holes. Reading fails with
/// <see cref="FileSystemException"/>.
/// </summary>
public sealed class ContentStream : Stream
{
    private readonly Descriptor _file;
    private readonly FileStat _before;
    private readonly ImmutableArray<Extent> _extents;
    private int _extent;
    private long _inExtent;
    private bool _cutShort;

    /// <param name="file">Open for reading; taken over.</param>
    /// <param name="entry">Its entry.</param>
    /// <param name="stat">What it is now.</param>
    /// <param name="deviceSize">Of a block device, its size.</param>
    internal ContentStream(Descriptor file, CatalogueEntry entry, in FileStat stat, long? deviceSize = null)
    {
        (_file, _before, IsDevice) = (file, stat, deviceSize is not null);
        var sparse = IsDevice ? null : SparseMap.Find(file, stat);
        var size = deviceSize ?? stat.Size;
        Entry = entry with { Size = size, DataExtents = sparse };
        _extents = sparse ?? (size == 0 ? [] : [new(0, size)]);
        Length = _extents.Sum(extent => extent.Length);
    }

    /// <summary>The entry as the file was when it was opened, with its sparse map.</summary>
    public CatalogueEntry Entry { get; }

    /// <summary>Whether it is a block device.</summary>
    public bool IsDevice { get; }

    /// <summary>Given what is read, to record it for a later comparison; null unless wanted.</summary>
    public ContentDigest? Digest { get; set; }

    /// <summary>Data bytes, holes not included.</summary>
    public override long Length { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Position
    {
        get => _extents.Take(_extent).Sum(extent => extent.Length) + _inExtent;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_cutShort || _extent == _extents.Length || buffer.IsEmpty)
            return 0;
        var extent = _extents[_extent];
        var offset = extent.Offset + _inExtent;
        var wanted = (int)Math.Min(buffer.Length, extent.Length - _inExtent);
        var error = Libc.Read(_file, buffer[..wanted], offset, out var read);
        if (error != 0)
            throw new FileSystemException(error, $"{Entry.Path}: reading at byte {offset}");
        _cutShort = read == 0;
        Digest?.Append(offset, buffer[..read]);
        _inExtent += read;
        if (_inExtent == extent.Length)
            (_extent, _inExtent) = (_extent + 1, 0);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Reads at once on the calling thread: Linux has no other way for files.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>
    /// To be called when all is read: the entry, flagged if the file's identity, size or times changed since it was opened; of a file cut
    /// short, with size and extents as far as was read. The caller adds the chunk list.
    /// </summary>
    public CatalogueEntry Finish()
    {
        var error = Libc.Stat(_file, out var after);
        var changed =
            error != 0
            || after.Id != _before.Id
            || after.Size != _before.Size
            || after.ModifiedAt != _before.ModifiedAt
            || after.ChangedAt != _before.ChangedAt;
        if (!_cutShort)
            return Entry with { ChangedWhileRead = changed };
        var extent = _extents[_extent];
        ImmutableArray<Extent> read =
        [
            .. _extents[.._extent],
            .. _inExtent > 0 ? [extent with { Length = _inExtent }] : Array.Empty<Extent>(),
        ];
        return Entry with
        {
            Size = extent.Offset + _inExtent,
            DataExtents = Entry.DataExtents is null ? null : read,
            ChangedWhileRead = true,
        };
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }
}
