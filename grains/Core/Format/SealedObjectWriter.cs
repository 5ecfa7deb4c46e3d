using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace RecoveryVault.Format;

/// <summary>
/// Builds one sealed object: reserve frames one after the other, seal each on any thread, finish, put the content under a name that holds
/// the object id and with If-None-Match, dispose. An object that could not be put under its id is sealed again by a new writer; the same
/// bytes may be put again.
/// </summary>
public sealed class SealedObjectWriter : IDisposable
{
    private readonly ObjectHeader _header;
    private readonly ObjectCipher _cipher;
    private readonly BlockBuffer _content = new();
    private readonly List<FrameEntry> _entries = [];
    private int _unsealed;
    private bool _isFinished;
    private bool _isDisposed;

    /// <summary>Begins an object; with a platform key it is one of suite 2 (infrastructure encryption).</summary>
    public SealedObjectWriter(ObjectType type, DataKey dek, PlatformKey? platformKey = null)
        : this(type, dek, platformKey, ObjectId.Create()) { }

    internal SealedObjectWriter(ObjectType type, DataKey dek, PlatformKey? platformKey, ObjectId objectId)
    {
        var suite = platformKey is null ? ObjectSuite.OneLayer : ObjectSuite.Infrastructure;
        _header = new(suite, type, dek.Epoch, dek.VaultId, dek.ItemId, objectId, platformKey?.Id ?? 0);
        _cipher = new(_header, dek, platformKey);
        _cipher.Header.CopyTo(_content.Take(ObjectHeader.SizeBytes).Span);
    }

    public ObjectHeader Header => _header;

    /// <summary>The frames reserved so far, in order of ordinals.</summary>
    public IReadOnlyList<FrameEntry> Entries => _entries;

    /// <summary>The object's length in bytes if it were finished now.</summary>
    public long Length => _isFinished ? _content.Length : ObjectLayout.PaddedLength(UnpaddedLength);

    private long UnpaddedLength => ObjectLayout.UnpaddedLength(_content.Length, _entries.Count, _header.Suite);

    /// <summary>
    /// Gives the next frame its ordinal and place. From one thread at a time. The chunk id is zero unless the object is a pack; the payload
    /// is as long as the plaintext when raw, shorter when compressed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The object is finished, or would exceed 256 MiB.</exception>
    public ReservedFrame Reserve(ChunkId chunkId, int plaintextLength, PayloadCodec codec, int payloadLength)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isFinished)
            throw new InvalidOperationException("The object is finished.");
        var entry = new FrameEntry(
            (uint)_entries.Count,
            chunkId,
            (uint)_content.Length,
            payloadLength + _cipher.Overhead,
            plaintextLength,
            codec
        );
        if (ObjectLayout.PaddedLength(UnpaddedLength + ObjectLayout.FooterEntryLength + entry.SealedLength) > ObjectLayout.MaxLength)
            throw new InvalidOperationException("The object would exceed 256 MiB: finish it and begin another.");
        if (!entry.IsSound(_header.Suite))
            throw new ArgumentException($"No frame can have these lengths: {plaintextLength}, {codec}, {payloadLength}.");
        _entries.Add(entry);
        Interlocked.Increment(ref _unsealed);
        return new(this, entry, _content.Take(entry.SealedLength));
    }

    /// <summary>Reserves and seals a frame at once.</summary>
    public FrameEntry Add(ChunkId chunkId, int plaintextLength, PayloadCodec codec, ReadOnlySpan<byte> payload)
    {
        var frame = Reserve(chunkId, plaintextLength, codec, payload.Length);
        frame.Seal(payload);
        return frame.Entry;
    }

    /// <summary>Closes the object and returns it; the bytes are valid until dispose.</summary>
    /// <exception cref="InvalidOperationException">A reserved frame was not sealed, or the object is finished already.</exception>
    public ReadOnlySequence<byte> Finish()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isFinished || Volatile.Read(ref _unsealed) != 0)
            throw new InvalidOperationException("The object is finished, or frames of it are not sealed.");
        var length = ObjectLayout.PaddedLength(UnpaddedLength);
        // First of all, so that no failure below can lead to another footer under the same nonce.
        _isFinished = true;
        var footerOffset = _content.Length;
        var footerLength = (int)(length - footerOffset - ObjectLayout.SealedTailLength(_header.Suite) - ObjectTrailer.SizeBytes);
        SealFooter(_content.Take(footerLength).Span);
        SealTail(footerOffset, footerLength, _content.Take(ObjectLayout.SealedTailLength(_header.Suite)).Span);
        WriteTrailer(_content.Take(ObjectTrailer.SizeBytes).Span);
        return _content.ToSequence();
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _cipher.Dispose();
        // A frame still being sealed elsewhere must not write into a buffer that has a new owner.
        if (Volatile.Read(ref _unsealed) == 0)
            _content.Return();
        else
            _content.Forget();
    }

    internal void Seal(in FrameEntry entry, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        _cipher.Seal(new(entry), payload, destination);
        Interlocked.Decrement(ref _unsealed);
    }

    private void SealFooter(Span<byte> destination)
    {
        var length = destination.Length - _cipher.Overhead;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        var footer = buffer.AsSpan(0, length);
        footer.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(footer, _entries.Count);
        var rest = footer[ObjectLayout.FooterHeadLength..];
        foreach (var entry in _entries)
        {
            entry.ChunkId.Value.WriteTo(rest);
            entry.WriteLocation(rest[Bytes32.SizeBytes..]);
            rest = rest[ObjectLayout.FooterEntryLength..];
        }
        _cipher.Seal(FrameBinding.Footer(length), footer, destination);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void SealTail(long footerOffset, int footerLength, Span<byte> destination)
    {
        Span<byte> tail = stackalloc byte[ObjectLayout.TailPlaintextLength];
        tail.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(tail, footerOffset);
        BinaryPrimitives.WriteInt32LittleEndian(tail[8..], footerLength);
        _cipher.Seal(FrameBinding.Tail, tail, destination);
    }

    private void WriteTrailer(Span<byte> trailer)
    {
        ObjectTrailer.WriteTo(trailer, _content.Length);
        var hash = new XxHash128();
        foreach (var segment in _content.ToSequence().Slice(0, _content.Length - ObjectTrailer.HashLength))
            hash.Append(segment.Span);
        hash.GetCurrentHash(trailer[^ObjectTrailer.HashLength..]);
    }
}

/// <summary>A frame that has its place in an object and waits for its payload.</summary>
public sealed class ReservedFrame
{
    private readonly SealedObjectWriter _writer;
    private readonly Memory<byte> _destination;
    private int _isTaken;

    internal ReservedFrame(SealedObjectWriter writer, FrameEntry entry, Memory<byte> destination) =>
        (_writer, Entry, _destination) = (writer, entry, destination);

    /// <summary>What footer and index say of it.</summary>
    public FrameEntry Entry { get; }

    /// <summary>Seals the payload. On any thread, once: a second payload under the same nonce would give both away.</summary>
    /// <exception cref="InvalidOperationException">The frame was sealed, or its sealing was begun.</exception>
    public void Seal(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != _destination.Length - ObjectLayout.Overhead(_writer.Header.Suite))
        {
            throw new ArgumentException(
                $"The frame was reserved for {Entry.SealedLength} sealed bytes, which this payload does not make.",
                nameof(payload)
            );
        }
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException("A frame is sealed once.");
        _writer.Seal(Entry, payload, _destination.Span);
    }
}
