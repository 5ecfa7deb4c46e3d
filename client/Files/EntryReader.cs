using System.Collections.Immutable;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Turns what the kernel says of an inode into a catalogue entry.</summary>
internal sealed class EntryReader(Action<WalkProblem> report)
{
    /// <summary>
    /// The entry of a name just looked up, with its attributes and, of a symbolic link, its target; null of a link whose target cannot be
    /// read, for which no entry can stand.
    /// </summary>
    /// <param name="withFileAttributes">False: those of a regular file come when it is opened.</param>
    internal CatalogueEntry? Read(RelativePath path, Descriptor directory, in FileStat stat, bool withFileAttributes = true)
    {
        var entry = Describe(path, stat);
        if (withFileAttributes || stat.Type != EntryType.File)
            entry = WithAttributes(entry, directory);
        if (stat.Type != EntryType.Symlink)
            return entry;
        var error = Libc.ReadLink(directory, path.Name, out var target);
        if (error == 0)
            return entry with { LinkTarget = target };
        var kind = error switch
        {
            Errno.ENOENT => WalkProblemKind.Vanished,
            Errno.EINVAL => WalkProblemKind.Replaced, // By something that is no link.
            _ => WalkProblemKind.Unreadable,
        };
        report(new(path, kind, error, "reading the symbolic link"));
        return null;
    }

    /// <summary>The entry with the attributes of its name below an open directory.</summary>
    internal CatalogueEntry WithAttributes(CatalogueEntry entry, Descriptor directory)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        return entry with { ExtendedAttributes = Attributes(entry.Path, ProcPath.Of(directory, entry.Path.Name, buffer), follow: false) };
    }

    /// <summary>The attributes of what is open.</summary>
    internal ImmutableArray<ExtendedAttribute> Attributes(RelativePath path, Descriptor file)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        return Attributes(path, ProcPath.Of(file, buffer), follow: true);
    }

    /// <summary>The entry of a file as it is now that it is open.</summary>
    /// <param name="lacksAttributes">They were left to be read now.</param>
    internal CatalogueEntry Refresh(CatalogueEntry walked, Descriptor file, in FileStat stat, bool lacksAttributes)
    {
        var identity = new FileIdentity(stat.Id.Device, stat.Id.Inode, stat.ChangedAt);
        var isSame = walked.Identity == identity;
        if (isSame && !lacksAttributes)
            return walked;
        var entry = isSame ? walked : Describe(walked.Path, stat);
        // Most files have none, and the open file says so with one call that looks up no path.
        return Libc.HasAttributes(file) ? entry with { ExtendedAttributes = Attributes(walked.Path, file) } : entry;
    }

    internal static CatalogueEntry Describe(RelativePath path, in FileStat stat) =>
        new()
        {
            Path = path,
            Type = stat.Type,
            Mode = stat.Mode,
            Uid = stat.Uid,
            Gid = stat.Gid,
            ModifiedAt = stat.ModifiedAt,
            Identity = new(stat.Id.Device, stat.Id.Inode, stat.ChangedAt),
            IsHardLinked = stat.IsHardLinked,
            Size = stat.Type == EntryType.File ? stat.Size : 0,
            Device = stat.Type is EntryType.CharacterDevice or EntryType.BlockDevice ? stat.Special : default,
        };

    private ImmutableArray<ExtendedAttribute> Attributes(RelativePath path, ReadOnlySpan<byte> procPath, bool follow) =>
        AttributeReader.Read(
            procPath,
            follow,
            (name, error) =>
            {
                // Gone or replaced since it was looked up: opening it will tell.
                if (error == Errno.ENOENT)
                    return;
                var what =
                    name.IsEmpty ? "listing its extended attributes"
                    : error == Errno.E2BIG
                        ? $"'{new RelativePath(name.ToArray())}' and more extended attributes than a backup holds of a file"
                    : $"reading its extended attribute '{new RelativePath(name.ToArray())}'";
                report(new(path, WalkProblemKind.Unreadable, error, what));
            }
        );
}
