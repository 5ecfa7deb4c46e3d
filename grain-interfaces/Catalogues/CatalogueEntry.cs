using System.Collections.Immutable;

namespace RecoveryVault.Catalogues;

/// <summary>What a directory entry is.</summary>
public enum EntryType : byte
{
    /// <summary>Never written; refused when read.</summary>
    Unknown = 0,

    /// <summary>A regular file.</summary>
    File = 1,

    /// <summary>A directory.</summary>
    Directory = 2,

    /// <summary>A symbolic link.</summary>
    Symlink = 3,

    /// <summary>A named pipe.</summary>
    Fifo = 4,

    /// <summary>A Unix domain socket's name.</summary>
    Socket = 5,

    /// <summary>A character device.</summary>
    CharacterDevice = 6,

    /// <summary>A block device.</summary>
    BlockDevice = 7,
}

/// <summary>One file, directory or other entry of a recovery point, with everything needed to make it again.</summary>
public sealed record CatalogueEntry
{
    /// <summary>Where it lies below the source's root; empty for the root directory itself.</summary>
    public required RelativePath Path { get; init; }

    /// <summary>What it is.</summary>
    public required EntryType Type { get; init; }

    /// <summary>Permission, set-id and sticky bits (0 to 07777 octal).</summary>
    public required int Mode { get; init; }

    /// <summary>Numeric owner.</summary>
    public required uint Uid { get; init; }

    /// <summary>Numeric group.</summary>
    public required uint Gid { get; init; }

    /// <summary>Last modification of the content.</summary>
    public required FileTime ModifiedAt { get; init; }

    /// <summary>Which file it was on its machine; tells an unchanged file and joins hard links.</summary>
    public FileIdentity? Identity { get; init; }

    /// <summary>True when the file had several names: entries of equal device and inode are one file.</summary>
    public bool IsHardLinked { get; init; }

    /// <summary>A regular file's length in bytes, holes included.</summary>
    public long Size { get; init; }

    /// <summary>
    /// Where a sparse file has data, in ascending order; null when the file has no holes. <see cref="Content"/> then is the
    /// data of these extents one after the other.
    /// </summary>
    public ImmutableArray<Extent>? DataExtents { get; init; }

    /// <summary>A regular file's data.</summary>
    public ChunkList Content { get; init; } = ChunkList.Empty;

    /// <summary>A symbolic link's target, raw.</summary>
    public ReadOnlyMemory<byte> LinkTarget { get; init; }

    /// <summary>A device's number.</summary>
    public DeviceNumber Device { get; init; }

    /// <summary>Extended attributes (POSIX ACLs among them), in byte order of names.</summary>
    public ImmutableArray<ExtendedAttribute> ExtendedAttributes { get; init; } = [];

    /// <summary>
    /// The errno with which reading the content (of a directory: its listing) failed; 0 when all was
    /// read. <see cref="Content"/> is empty then.
    /// </summary>
    public int ReadError { get; init; }

    /// <summary>True when the file's size or times changed while it was read: the content may mix old and new.</summary>
    public bool ChangedWhileRead { get; init; }

    /// <summary>
    /// True when equal times later prove nothing, and the next backup reads the file: its times were so fresh that a change after it was
    /// read may have left them as they were, or an attribute could not be read.
    /// </summary>
    public bool ReadAgain { get; init; }
}

/// <summary>A point in time as file systems keep it: seconds since 1970 (may be negative) and nanoseconds 0 to 999,999,999.</summary>
public readonly record struct FileTime(long Seconds, int Nanoseconds);

/// <summary>A file's identity and inode change time on the machine it was read on.</summary>
public readonly record struct FileIdentity(DeviceNumber Device, ulong Inode, FileTime ChangedAt);

/// <summary>A Linux device number.</summary>
public readonly record struct DeviceNumber(uint Major, uint Minor);

/// <summary>A run of bytes in a file.</summary>
public readonly record struct Extent(long Offset, long Length);

/// <summary>An extended attribute's full name (namespace included) and value, both raw.</summary>
public sealed record ExtendedAttribute(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value);
