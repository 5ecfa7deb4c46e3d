using System.Diagnostics.CodeAnalysis;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files;

/// <summary>An entry as the walk found it.</summary>
public sealed class WalkedEntry
{
    private readonly FileWalker _walker;
    private readonly DirectoryNode? _directory;

    internal WalkedEntry(FileWalker walker, DirectoryNode? directory, CatalogueEntry entry, long allocatedBytes)
    {
        (_walker, _directory) = (walker, directory);
        (Entry, AllocatedBytes) = (entry, allocatedBytes);
    }

    /// <summary>Everything but a file's content and sparse map, which <see cref="TryOpen"/> finds.</summary>
    public CatalogueEntry Entry { get; private set; }

    /// <summary>What it occupies on disk.</summary>
    public long AllocatedBytes { get; }

    /// <summary>
    /// Opens a regular file's content, or tells of a problem (which is returned, not reported). Another regular file that has taken the
    /// name since is taken in its place: <see cref="ContentStream.Entry"/> tells of what was opened. To be called on the walking thread
    /// before the walk moves on; the content has a descriptor of its own, which the caller disposes, and may be read anywhere.
    /// </summary>
    public bool TryOpen([NotNullWhen(true)] out ContentStream? content, [NotNullWhen(false)] out WalkProblem? problem)
    {
        if (Entry.Type != EntryType.File)
            throw new InvalidOperationException($"Only regular files have content, not a {Entry.Type}.");
        if (_walker.TryOpen(_directory, Entry, out content, out problem))
            return true;
        Entry = _walker.WithAttributes(_directory, Entry);
        return false;
    }
}
