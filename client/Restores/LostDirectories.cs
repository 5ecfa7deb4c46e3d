using RecoveryVault.Catalogues;

namespace RecoveryVault.Restores;

/// <summary>
/// Follows a walk of entries and makes up the directories that should have come before an entry and were lost: what lies in them is whole
/// and must be put somewhere.
/// </summary>
/// <param name="make">Makes a directory of which only the path is known.</param>
internal sealed class LostDirectories(Action<CatalogueEntry> make)
{
    private const int OwnerOnly = 0x1C0; // 0700: whom it was open to is lost

    private readonly Stack<RelativePath> _walked = new([RelativePath.Root]);

    /// <summary>Call for every entry, in order, before it is made.</summary>
    /// <param name="isLossy">Whether anything was lost yet: if not, a missing directory is a fault of the catalogue.</param>
    public void Reach(CatalogueEntry entry, bool isLossy)
    {
        while (_walked.Count > 1 && !entry.Path.IsWithin(_walked.Peek()))
            _walked.Pop();
        if (isLossy && !entry.Path.IsRoot)
            MakeAncestors(entry);
        if (entry.Type == EntryType.Directory && !entry.Path.IsRoot)
            _walked.Push(entry.Path);
    }

    private void MakeAncestors(CatalogueEntry entry)
    {
        var path = entry.Path.Bytes;
        var walked = _walked.Peek();
        for (var end = NextEnd(path, walked.IsRoot ? 0 : walked.Bytes.Length + 1); end >= 0; end = NextEnd(path, end + 1))
        {
            var ancestor = new RelativePath(path[..end]);
            make(Directory(ancestor, entry));
            _walked.Push(ancestor);
        }
    }

    /// <summary>Where the name that begins there ends, if another follows; -1 when it is the last.</summary>
    private static int NextEnd(ReadOnlyMemory<byte> path, int start)
    {
        var length = path.Span[start..].IndexOf((byte)'/');
        return length < 0 ? -1 : start + length;
    }

    private static CatalogueEntry Directory(RelativePath path, CatalogueEntry within) =>
        new()
        {
            Path = path,
            Type = EntryType.Directory,
            Mode = OwnerOnly,
            Uid = within.Uid,
            Gid = within.Gid,
            ModifiedAt = within.ModifiedAt,
        };
}
