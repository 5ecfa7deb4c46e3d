using System.Runtime.InteropServices;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Native;

/// <summary>What statx says of an inode (struct statx of linux/stat.h: 256 bytes, the same on every architecture).</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal readonly struct FileStat
{
    [FieldOffset(16)]
    private readonly uint _links;

    [FieldOffset(20)]
    private readonly uint _uid;

    [FieldOffset(24)]
    private readonly uint _gid;

    [FieldOffset(28)]
    private readonly ushort _mode;

    [FieldOffset(32)]
    private readonly ulong _inode;

    [FieldOffset(40)]
    private readonly long _size;

    [FieldOffset(48)]
    private readonly long _blocks;

    [FieldOffset(96)]
    private readonly long _changedSeconds;

    [FieldOffset(104)]
    private readonly int _changedNanoseconds;

    [FieldOffset(112)]
    private readonly long _modifiedSeconds;

    [FieldOffset(120)]
    private readonly int _modifiedNanoseconds;

    [FieldOffset(128)]
    private readonly uint _specialMajor;

    [FieldOffset(132)]
    private readonly uint _specialMinor;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    internal uint Links => _links;

    internal uint Uid => _uid;

    internal uint Gid => _gid;

    /// <summary>Permission, set-id and sticky bits.</summary>
    internal int Mode => _mode & 0xFFF;

    internal long Size => _size;

    /// <summary>st_blocks counts 512-byte units, whatever the file system's block.</summary>
    internal long AllocatedBytes => _blocks * 512;

    internal FileTime ModifiedAt => new(_modifiedSeconds, _modifiedNanoseconds);

    internal FileTime ChangedAt => new(_changedSeconds, _changedNanoseconds);

    /// <summary>Which device a device node stands for.</summary>
    internal DeviceNumber Special => new(_specialMajor, _specialMinor);

    internal InodeId Id => new(new(_deviceMajor, _deviceMinor), _inode);

    internal bool IsHardLinked => _links > 1 && Type != EntryType.Directory;

    /// <summary><see cref="EntryType.Unknown"/> for a kind this version does not know.</summary>
    internal EntryType Type =>
        (_mode & 0xF000) switch
        {
            0x8000 => EntryType.File,
            0x4000 => EntryType.Directory,
            0xA000 => EntryType.Symlink,
            0x1000 => EntryType.Fifo,
            0xC000 => EntryType.Socket,
            0x2000 => EntryType.CharacterDevice,
            0x6000 => EntryType.BlockDevice,
            _ => EntryType.Unknown,
        };

    /// <summary>The S_IFMT bits of a kind.</summary>
    internal static uint FormatOf(EntryType type) =>
        type switch
        {
            EntryType.File => 0x8000,
            EntryType.Directory => 0x4000,
            EntryType.Symlink => 0xA000,
            EntryType.Fifo => 0x1000,
            EntryType.Socket => 0xC000,
            EntryType.CharacterDevice => 0x2000,
            EntryType.BlockDevice => 0x6000,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a kind of entry."),
        };
}
