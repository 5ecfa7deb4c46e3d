using System.Collections.Immutable;
using System.Runtime.InteropServices;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Finds where a file has data by SEEK_DATA and SEEK_HOLE.</summary>
internal static class SparseMap
{
    /// <summary>More extents than that are merged, the smallest holes first, so that a catalogue entry stays bounded.</summary>
    internal const int MaxExtents = 16_384;

    /// <summary>
    /// The file's data in ascending order; null when it has no holes or its file system cannot tell. Only a file with fewer blocks than
    /// its size needs is asked.
    /// </summary>
    internal static ImmutableArray<Extent>? Find(Descriptor file, in FileStat stat)
    {
        if (stat.Size == 0 || stat.AllocatedBytes >= stat.Size)
            return null;
        var extents = new List<Extent>();
        var smallestHole = 1L;
        long end;
        for (var position = 0L; position < stat.Size; position = end)
        {
            var error = Libc.Seek(file, position, SeekTo.Data, out var start);
            if (error == Errno.ENXIO)
                break; // No data up to the end.
            if (error != 0)
                return null;
            if (Libc.Seek(file, start, SeekTo.Hole, out end) != 0)
                return null;
            end = Math.Min(end, stat.Size);
            if (end <= start)
                break; // The file changes under us; the check after reading says so.
            Add(extents, new(start, end - start), ref smallestHole);
        }
        return extents is [(0, var length)] && length == stat.Size ? null : [.. extents];
    }

    private static void Add(List<Extent> extents, Extent next, ref long smallestHole)
    {
        if (!TryMerge(extents, next, smallestHole))
            extents.Add(next);
        while (extents.Count > MaxExtents)
        {
            smallestHole = Math.Max(4096, smallestHole * 2);
            var kept = new List<Extent>(extents.Count);
            foreach (var extent in CollectionsMarshal.AsSpan(extents))
                if (!TryMerge(kept, extent, smallestHole))
                    kept.Add(extent);
            extents.Clear();
            extents.AddRange(kept);
        }
    }

    private static bool TryMerge(List<Extent> extents, Extent next, long smallestHole)
    {
        if (extents is not [.., var last] || next.Offset - (last.Offset + last.Length) >= smallestHole)
            return false;
        extents[^1] = last with { Length = next.Offset + next.Length - last.Offset };
        return true;
    }
}
