using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// A regular file being restored, under a temporary name until it is whole. It holds a descriptor: the caller bounds how many are
/// unfinished. Failures are reported once; what follows is then ignored.
/// </summary>
public sealed class RestoredFile : IDisposable
{
    private const int BlockBytes = 4096;
    private readonly TreeWriter _writer;
    private readonly ImmutableArray<Extent> _extents;
    private readonly long[] _starts;
    private long _written;
    private int _failed;
    private int _ended;
    private bool _hasHoles;

    internal RestoredFile(TreeWriter writer, TargetDirectory directory, CatalogueEntry entry, Descriptor file, byte[] temporaryName)
    {
        (_writer, Directory, Entry) = (writer, directory, entry);
        (File, TemporaryName) = (file, temporaryName);
        _extents = entry.DataExtents ?? [new(0, entry.Size)];
        _starts = new long[_extents.Length];
        for (var i = 1; i < _starts.Length; i++)
            _starts[i] = _starts[i - 1] + _extents[i - 1].Length;
    }

    /// <summary>What is being made.</summary>
    public CatalogueEntry Entry { get; }

    internal TargetDirectory Directory { get; }

    internal Descriptor File { get; }

    internal byte[] TemporaryName { get; }

    /// <summary>
    /// Writes content at an offset of <see cref="CatalogueEntry.Content"/> (of a sparse file: of its extents joined). In any order, from
    /// several threads if the ranges differ. False when the file has failed, so that the rest need not be fetched.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The content lies outside the file's.</exception>
    public bool WriteAt(long offset, ReadOnlySpan<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, Entry.Content.Length - offset);
        Interlocked.Add(ref _written, content.Length);
        var found = Array.BinarySearch(_starts, offset);
        for (var i = found < 0 ? ~found - 1 : found; !content.IsEmpty && Volatile.Read(ref _failed) == 0; i++)
        {
            var within = offset - _starts[i];
            var part = content[..(int)Math.Min(content.Length, _extents[i].Length - within)];
            var error = Write(part, _extents[i].Offset + within);
            if (error != 0)
                Fail(error, "writing its content");
            content = content[part.Length..];
            offset += part.Length;
        }
        return Volatile.Read(ref _failed) == 0;
    }

    /// <summary>Takes so many zeros of its content for written: nothing is there yet, and what was never written reads as zeros.</summary>
    public void LeaveHole(long length)
    {
        Volatile.Write(ref _hasHoles, true);
        Interlocked.Add(ref _written, length);
    }

    /// <summary>
    /// Sets the metadata and gives the file its name. Content not written refuses that, unless <paramref name="acceptMissing"/> says that a
    /// damaged file with zeros where content is missing is better than none.
    /// </summary>
    public void Complete(bool acceptMissing = false)
    {
        var missing = Entry.Content.Length - Interlocked.Read(ref _written);
        if (missing > 0 && !acceptMissing)
            Fail(Errno.EIO, $"restoring its content, of which {missing} bytes are missing");
        _writer.Finish(this, succeeded: Volatile.Read(ref _failed) == 0);
    }

    /// <summary>Gives up a file that was not completed: nothing of it stays, and the caller tells why.</summary>
    public void Dispose() => _writer.Finish(this, succeeded: false);

    /// <summary>
    /// Writes to the new, empty file. Of a file that had holes, blocks of zeros are left as holes: its map may join data across small
    /// holes.
    /// </summary>
    internal int Write(ReadOnlySpan<byte> content, long offset)
    {
        if (Entry.DataExtents is null)
            return Libc.Write(File, content, offset);
        var error = 0;
        while (error == 0 && !content.IsEmpty)
        {
            var zeros = ZeroBlocks(content, offset);
            content = content[zeros..];
            offset += zeros;
            var data = DataBlocks(content, offset);
            error = Libc.Write(File, content[..data], offset);
            content = content[data..];
            offset += data;
        }
        return error;
    }

    /// <summary>The length of the whole blocks of zeros it begins with.</summary>
    private static int ZeroBlocks(ReadOnlySpan<byte> content, long offset)
    {
        if (offset % BlockBytes != 0)
            return 0;
        var data = content.IndexOfAnyExcept((byte)0);
        return data < 0 ? content.Length : data / BlockBytes * BlockBytes;
    }

    /// <summary>The length up to the next block of zeros.</summary>
    private static int DataBlocks(ReadOnlySpan<byte> content, long offset)
    {
        for (var at = (int)Math.Min(BlockBytes - (offset % BlockBytes), content.Length); at < content.Length; )
        {
            var block = content[at..Math.Min(at + BlockBytes, content.Length)];
            if (!block.ContainsAnyExcept((byte)0))
                return at;
            at += block.Length;
        }
        return content.Length;
    }

    /// <summary>True for the one who ends the work on the file.</summary>
    internal bool TryEnd() => Interlocked.Exchange(ref _ended, 1) == 0;

    /// <summary>A hole at its end makes no file longer.</summary>
    internal int FixLength() => Volatile.Read(ref _hasHoles) && !TargetNames.HasLength(Entry) ? Libc.Truncate(File, Entry.Size) : 0;

    internal void Fail(int error, string what)
    {
        if (Interlocked.Exchange(ref _failed, 1) == 0)
            _writer.Report(Entry, RestoreProblemKind.NotRestored, error, what);
    }
}
