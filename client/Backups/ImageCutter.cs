using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Chunking;
using RecoveryVault.DataPath;
using RecoveryVault.Files;

namespace RecoveryVault.Backups;

/// <summary>
/// Cuts a disk image at every 4 MiB of the file. Holes are not read, and a piece of nothing but zeros becomes a zero chunk, so that a
/// change of either leaves all other pieces the chunks they were. Not safe for concurrent use.
/// </summary>
internal sealed class ImageCutter
{
    /// <summary>Also the alignment.</summary>
    public const int PieceLength = ChunkRef.MaxLength;

    private readonly ContentStream _content;
    private readonly ImmutableArray<Extent> _extents;
    private readonly long _size;
    private int _extent;
    private long _inExtent;
    private long _at;
    private bool _ended;

    public ImageCutter(ContentStream content)
    {
        (_content, _size) = (content, content.Entry.Size);
        _extents = content.Entry.DataExtents ?? [new(0, _size)];
    }

    /// <summary>
    /// The next piece: its content, or how many zeros; null at the end. Of a file cut short while it is read, the pieces end where it ends.
    /// </summary>
    public ImagePiece? Next()
    {
        if (_ended || _at >= _size)
            return null;
        var length = (int)Math.Min(PieceLength, _size - _at);
        var end = _at + length;
        if (DataAt >= end)
        {
            _at = end;
            return new(null, length);
        }
        var buffer = ChunkBuffers.Shared.Rent(length);
        var piece = buffer.Memory.Span[..length];
        try
        {
            var filled = Fill(piece);
            _at += filled;
            if (filled == 0 || piece[..filled].IndexOfAnyExcept((byte)0) < 0)
            {
                buffer.Dispose();
                return filled == 0 ? null : new(null, filled);
            }
            return new(new Chunk(buffer, filled), filled);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Where the next data lies.</summary>
    private long DataAt => _extent == _extents.Length ? long.MaxValue : _extents[_extent].Offset + _inExtent;

    /// <summary>Reads what the piece has of data and clears the rest; less than its length when the file ends in it.</summary>
    private int Fill(Span<byte> piece)
    {
        var (start, end, filled) = (_at, _at + piece.Length, 0);
        while (DataAt < end)
        {
            var from = (int)(DataAt - start);
            piece[filled..from].Clear();
            var wanted = (int)Math.Min(_extents[_extent].Length - _inExtent, piece.Length - from);
            var read = _content.Read(piece.Slice(from, wanted));
            filled = from + read;
            if (read == 0)
            {
                _ended = true;
                return filled;
            }
            _inExtent += read;
            if (_inExtent == _extents[_extent].Length)
                (_extent, _inExtent) = (_extent + 1, 0);
        }
        piece[filled..].Clear();
        return piece.Length;
    }
}

/// <summary>A piece of an image; without content it is zeros.</summary>
internal readonly record struct ImagePiece(Chunk? Content, int Length);
