using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>Compares one restored entry with its record.</summary>
internal sealed class EntryComparison(bool isRoot, Action<TreeDifference> report)
{
    private const int SetIdBits = 0xC00; // 06000

    /// <summary>A sparse file may occupy somewhat more than it did: extents of another size, indirect blocks.</summary>
    private const long AllocationSlackBytes = 1 << 20;
    private readonly Dictionary<InodeId, (InodeId Other, RelativePath First)> _byRecorded = [];
    private readonly Dictionary<InodeId, (InodeId Other, RelativePath First)> _byFound = [];

    internal void Compare(RecordedEntry recorded, WalkedEntry found)
    {
        var (want, got) = (recorded.Entry, found.Entry);
        if (want.Type != got.Type)
        {
            Differ(want, TreeDifferenceKind.Type, got.Type, want.Type);
            return;
        }
        CompareMetadata(want, got);
        CompareLinks(want, got);
        if (want.Type == EntryType.File)
            CompareContent(recorded, found);
    }

    private void CompareMetadata(CatalogueEntry want, CatalogueEntry got)
    {
        var bits = isRoot ? 0xFFF : 0xFFF & ~SetIdBits;
        if ((want.Mode & bits) != (got.Mode & bits))
            Differ(want, TreeDifferenceKind.Mode, Octal(got.Mode), Octal(want.Mode));
        if (isRoot && (want.Uid, want.Gid) != (got.Uid, got.Gid))
            Differ(want, TreeDifferenceKind.Owner, $"{got.Uid}:{got.Gid}", $"{want.Uid}:{want.Gid}");
        if (want.ModifiedAt != got.ModifiedAt)
            Differ(want, TreeDifferenceKind.Time, got.ModifiedAt, want.ModifiedAt);
        if (want.Device != got.Device)
            Differ(want, TreeDifferenceKind.Device, got.Device, want.Device);
        if (!want.LinkTarget.Span.SequenceEqual(got.LinkTarget.Span))
            Differ(want, TreeDifferenceKind.LinkTarget, new RelativePath(got.LinkTarget), new RelativePath(want.LinkTarget));
        if (Attributes(want) is var wanted && Attributes(got) is var had && wanted != had)
            Differ(want, TreeDifferenceKind.Attributes, had, wanted);
    }

    private void CompareContent(RecordedEntry recorded, WalkedEntry found)
    {
        var entry = recorded.Entry;
        if (entry.DataExtents is not null && found.AllocatedBytes > (2 * recorded.AllocatedBytes) + AllocationSlackBytes)
            Differ(entry, TreeDifferenceKind.Allocation, $"{found.AllocatedBytes} bytes", $"{recorded.AllocatedBytes} bytes");
        if (found.Entry.Size != entry.Size)
        {
            Differ(entry, TreeDifferenceKind.Content, $"{found.Entry.Size} bytes", $"{entry.Size} bytes");
            return;
        }
        using var digest = new ContentDigest();
        if (!found.TryOpen(out var content, out var problem))
        {
            report(new(entry.Path, TreeDifferenceKind.Unreadable, problem.ToString()));
            return;
        }
        using (content)
        {
            try
            {
                if (digest.ReadAll(content) != recorded.Content)
                    report(new(entry.Path, TreeDifferenceKind.Content, "other bytes than were read"));
            }
            catch (FileSystemException failure)
            {
                report(new(entry.Path, TreeDifferenceKind.Unreadable, failure.Message));
            }
        }
    }

    /// <summary>Names that were one inode must be one again, and no others.</summary>
    private void CompareLinks(CatalogueEntry want, CatalogueEntry got)
    {
        if (want.Identity is not { } recorded || got.Identity is not { } found)
            return;
        var (was, isNow) = (new InodeId(recorded.Device, recorded.Inode), new InodeId(found.Device, found.Inode));
        if (want.IsHardLinked && !_byRecorded.TryAdd(was, (isNow, want.Path)) && _byRecorded[was] is var known && known.Other != isNow)
            Differ(want, TreeDifferenceKind.HardLinks, "a file of its own", $"the same file as '{known.First}'");
        if (got.IsHardLinked && !_byFound.TryAdd(isNow, (was, want.Path)) && _byFound[isNow] is var other && other.Other != was)
            Differ(want, TreeDifferenceKind.HardLinks, $"the same file as '{other.First}'", "a file of its own");
    }

    private string Attributes(CatalogueEntry entry)
    {
        var compared = entry.ExtendedAttributes.Where(attribute => isRoot || !AttributeNames.IsPrivileged(attribute.Name.Span));
        return string.Join(
            ", ",
            compared.Select(attribute => $"{new RelativePath(attribute.Name)}={Convert.ToHexStringLower(attribute.Value.Span)}")
        );
    }

    private static string Octal(int mode) => Convert.ToString(mode, 8);

    private void Differ(CatalogueEntry entry, TreeDifferenceKind kind, object got, object want) =>
        report(new(entry.Path, kind, $"got {got}, want {want}"));
}
