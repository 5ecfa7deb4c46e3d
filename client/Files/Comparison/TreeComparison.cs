using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>
/// Compares a restored tree with the record of what was read for its backup, both in walk order, in one pass: memory holds one entry of
/// each and the identities of hard-linked files. Change times and inode numbers are not compared, nor where holes lie.
/// </summary>
/// <param name="isRoot">
/// False when the restore ran without root: owners, set-id bits, device nodes and attributes of the namespaces security and trusted are not
/// compared then.
/// </param>
/// <param name="report">Hears of every difference.</param>
public sealed class TreeComparison(bool isRoot, Action<TreeDifference> report)
{
    private readonly EntryComparison _entries = new(isRoot, report);

    /// <summary>Entries compared.</summary>
    public long Compared { get; private set; }

    /// <summary>Entries without a counterpart by right: not read when backed up, or device nodes without root.</summary>
    public long Skipped { get; private set; }

    /// <summary>Runs the comparison, once.</summary>
    public void Run(IEnumerable<RecordedEntry> record, string restored)
    {
        using var walker = new FileWalker(
            restored,
            new(),
            problem => report(new(problem.Path, TreeDifferenceKind.Unreadable, $"{problem.What}: {Native.Errno.Describe(problem.Errno)}"))
        );
        using var recorded = record.GetEnumerator();
        using var found = walker.Walk().GetEnumerator();
        var hasRecorded = recorded.MoveNext();
        var hasFound = found.MoveNext();
        // An item that is a single file has no root entry; the target directory is not part of it.
        if (hasRecorded && hasFound && !recorded.Current.Entry.Path.IsRoot && found.Current.Entry.Path.IsRoot)
            hasFound = found.MoveNext();
        while (hasRecorded || hasFound)
        {
            var order =
                !hasRecorded ? 1
                : !hasFound ? -1
                : recorded.Current.Entry.Path.CompareTo(found.Current.Entry.Path);
            if (order == 0)
                Both(recorded.Current, found.Current);
            else if (order < 0)
                Lacking(recorded.Current.Entry);
            else
                report(new(found.Current.Entry.Path, TreeDifferenceKind.Extra, $"a {found.Current.Entry.Type} nobody recorded"));
            if (order <= 0)
                hasRecorded = recorded.MoveNext();
            if (order >= 0)
                hasFound = found.MoveNext();
        }
    }

    private void Both(RecordedEntry recorded, WalkedEntry found)
    {
        Compared++;
        _entries.Compare(recorded, found);
    }

    private void Lacking(CatalogueEntry entry)
    {
        var wasNeverRead = entry.ReadError != 0 && entry.Type != EntryType.Directory;
        var isDevice = entry.Type is EntryType.CharacterDevice or EntryType.BlockDevice;
        if (wasNeverRead || (isDevice && !isRoot))
            Skipped++;
        else
            report(new(entry.Path, TreeDifferenceKind.Missing, $"a {entry.Type} was recorded"));
    }
}
