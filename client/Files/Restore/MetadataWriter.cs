using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// Sets owner, attributes, mode and modification time of an inode held open, in this order: a change of owner clears set-id bits and
/// capabilities; a user may set attributes only while the mode lets them write, and the mode repeats what the ACL says; the time comes
/// last.
/// </summary>
internal sealed class MetadataWriter(bool isRoot, RestoreNotes notes, Action<RestoreProblem> report)
{
    private const int SetIdBits = 0xC00; // 06000

    internal void Apply(Descriptor file, CatalogueEntry entry)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        var path = ProcPath.Of(file, buffer);
        var error = Libc.Stat(file, out var stat);
        if (error != 0)
        {
            Report(entry, error, "reading back its metadata");
            return;
        }
        var ownerHolds = SetOwner(file, entry, stat);
        SetAttributes(path, entry);
        if (entry.Type != EntryType.Symlink)
            SetMode(path, entry, ownerHolds);
        SetTime(file, entry, Libc.SetModified(path, entry.ModifiedAt));
    }

    /// <summary>The same for a regular file just made and open for writing, with fewer calls; returns which it is.</summary>
    internal InodeId ApplyToNew(Descriptor file, CatalogueEntry entry)
    {
        var error = Libc.Stat(file, out var stat);
        if (error != 0)
        {
            Report(entry, error, "reading back its metadata");
            return stat.Id;
        }
        var ownerHolds = SetOwner(file, entry, stat);
        var hasAttributes = !entry.ExtendedAttributes.IsEmpty || Libc.HasAttributes(file);
        if (hasAttributes)
            SetAttributes(file, entry);
        var isUntouched = !hasAttributes && stat.Uid == entry.Uid && stat.Gid == entry.Gid;
        if (!isUntouched || stat.Mode != entry.Mode)
            SetMode(file, entry, ownerHolds);
        SetTime(file, entry, Libc.SetModified(file, entry.ModifiedAt));
        return stat.Id;
    }

    private bool SetOwner(Descriptor file, CatalogueEntry entry, in FileStat stat)
    {
        if (stat.Uid == entry.Uid && stat.Gid == entry.Gid)
            return true;
        if (isRoot)
        {
            var error = Libc.ChangeOwner(file, entry.Uid, entry.Gid);
            if (error != 0)
                Report(entry, error, $"setting its owner to {entry.Uid}:{entry.Gid}");
            return error == 0;
        }
        // The group may be another one of the user's.
        var groupHolds = stat.Gid == entry.Gid || Libc.ChangeOwner(file, uint.MaxValue, entry.Gid) == 0;
        if (groupHolds && stat.Uid == entry.Uid)
            return true;
        Note(() => notes.OwnersNotRestored++);
        return false;
    }

    private void SetMode(ReadOnlySpan<byte> path, CatalogueEntry entry, bool ownerHolds)
    {
        var mode = AllowedMode(entry, ownerHolds);
        ReportMode(entry, mode, Libc.ChangeMode(path, (uint)mode));
    }

    private void SetMode(Descriptor file, CatalogueEntry entry, bool ownerHolds)
    {
        var mode = AllowedMode(entry, ownerHolds);
        ReportMode(entry, mode, Libc.ChangeMode(file, (uint)mode));
    }

    private void ReportMode(CatalogueEntry entry, int mode, int error)
    {
        if (error != 0)
            Report(entry, error, $"setting its mode to {Convert.ToString(mode, 8)}");
    }

    private int AllowedMode(CatalogueEntry entry, bool ownerHolds)
    {
        var mode = entry.Mode & 0xFFF;
        if ((mode & SetIdBits) != 0 && !(isRoot && ownerHolds))
        {
            mode &= ~SetIdBits;
            if (isRoot)
                Report(entry, Errno.EPERM, "keeping its set-id bits, which its owner here must not have");
            else
                Note(() => notes.SetIdBitsDropped++);
        }
        return mode;
    }

    private void SetAttributes(Descriptor file, CatalogueEntry entry)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        SetAttributes(ProcPath.Of(file, buffer), entry);
    }

    private void SetAttributes(ReadOnlySpan<byte> path, CatalogueEntry entry)
    {
        // A new file may have inherited an ACL, and an old directory may have what the catalogue does not know.
        foreach (var found in AttributeReader.Read(path, follow: true, static (_, _) => { }))
        {
            var isKnown = entry.ExtendedAttributes.Any(known => known.Name.Span.SequenceEqual(found.Name.Span));
            if (isKnown || !AttributeNames.IsKept(found.Name.Span))
                continue;
            var error = Libc.RemoveAttribute(path, found.Name.Span);
            if (error is not (0 or Errno.ENODATA))
                Report(entry, error, $"removing the extended attribute '{Text(found)}'");
        }
        foreach (var attribute in entry.ExtendedAttributes)
        {
            if (!isRoot && AttributeNames.IsPrivileged(attribute.Name.Span))
            {
                Note(() => notes.AttributesSkipped++);
                continue;
            }
            var error = attribute.Name.Span.Contains((byte)0)
                ? Errno.EINVAL
                : Libc.SetAttribute(path, attribute.Name.Span, attribute.Value.Span);
            if (error != 0)
                Report(entry, error, $"setting the extended attribute '{Text(attribute)}'");
        }
    }

    private void SetTime(Descriptor file, CatalogueEntry entry, int error)
    {
        // A file system that cannot hold the time takes its nearest and says nothing.
        if (
            error == 0
            && entry.ModifiedAt.Seconds is < 0 or > int.MaxValue
            && Libc.Stat(file, out var stat) == 0
            && stat.ModifiedAt != entry.ModifiedAt
        )
            error = Errno.EOVERFLOW;
        if (error != 0)
            Report(entry, error, "setting its modification time");
    }

    /// <summary>Files are finished on several threads at once.</summary>
    private void Note(Action count)
    {
        lock (notes)
            count();
    }

    private static string Text(ExtendedAttribute attribute) => new RelativePath(attribute.Name).ToString();

    private void Report(CatalogueEntry entry, int error, string what) =>
        report(new(entry.Path, RestoreProblemKind.Incomplete, error, what));
}
