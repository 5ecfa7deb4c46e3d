using System.Diagnostics;
using System.Text;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Tests.Files;

/// <summary>
/// A temporary directory with everything in it that Linux has. Paths are given below it, each character one byte (Latin-1): "\u00ff" is the
/// byte FF, which no UTF-8 holds. Removed by rm, for .NET can neither name such files nor reach very deep ones.
/// </summary>
internal sealed class RawTree : IDisposable
{
    private const uint Readable = 0x1ED; // 0755

    public RawTree(string? parent = null)
    {
        Root = Directory.CreateDirectory(Path.Join(parent ?? Path.GetTempPath(), $"rvault-tree-{Guid.NewGuid():n}")).FullName;
        Require(Libc.ChangeMode(Encoding.UTF8.GetBytes(Root), Readable), Root);
    }

    public string Root { get; }

    /// <summary>A path below it that .NET can name.</summary>
    public string this[string relative] => Path.Join(Root, relative);

    /// <summary>Open files and directories of this process that lie in it.</summary>
    public int OpenCount =>
        new DirectoryInfo("/proc/self/fd")
            .EnumerateFileSystemInfos()
            .Count(descriptor => descriptor.LinkTarget?.StartsWith(Root, StringComparison.Ordinal) == true);

    public RawTree Folder(string path, uint mode = Readable)
    {
        Require(Libc.MakeDirectory(Descriptor.WorkingDirectory, Full(path), mode), path);
        return Mode(path, mode);
    }

    public RawTree Text(string path, string content, uint mode = 0x1A4) => Content(path, Encoding.UTF8.GetBytes(content), mode);

    public RawTree Content(string path, ReadOnlySpan<byte> content, uint mode = 0x1A4)
    {
        using var file = Create(path, mode);
        Require(Libc.Write(file, content, 0), path);
        return this;
    }

    /// <summary>A file of a size that has data only where told.</summary>
    public RawTree Sparse(string path, long size, params (long Offset, byte[] Data)[] pieces)
    {
        using var file = Create(path, 0x1A4);
        Require(Libc.Truncate(file, size), path);
        foreach (var (offset, data) in pieces)
            Require(Libc.Write(file, data, offset), path);
        return this;
    }

    /// <summary>Writes into a file that is there.</summary>
    public RawTree WriteAt(string path, long offset, ReadOnlySpan<byte> content)
    {
        using var file =
            Libc.Open(Descriptor.WorkingDirectory, Full(path), OpenFlags.Write | OpenFlags.NoFollow, out var error)
            ?? throw new IOException($"{path}: {Errno.Describe(error)}");
        Require(Libc.Write(file, content, offset), path);
        return this;
    }

    /// <summary>Gives something another name in its directory.</summary>
    public RawTree Rename(string path, string to)
    {
        using var directory = Handle(Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".");
        var (name, newName) = (Encoding.Latin1.GetBytes(Path.GetFileName(path)), Encoding.Latin1.GetBytes(Path.GetFileName(to)));
        Require(Libc.Rename(directory, name, newName, replace: false), path);
        return this;
    }

    public RawTree Symlink(string path, string target)
    {
        Require(Libc.MakeSymlink(Encoding.Latin1.GetBytes(target), Descriptor.WorkingDirectory, Full(path)), path);
        return this;
    }

    public RawTree HardLink(string path, string existing)
    {
        Require(Libc.Link(Descriptor.WorkingDirectory, Full(existing), Descriptor.WorkingDirectory, Full(path)), path);
        return this;
    }

    public RawTree Node(string path, EntryType type, DeviceNumber device = default)
    {
        Require(Libc.MakeNode(Descriptor.WorkingDirectory, Full(path), type, 0x1A4, device), path);
        return this;
    }

    public RawTree Attribute(string path, string name, ReadOnlySpan<byte> value)
    {
        using var file = Handle(path);
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        Require(Libc.SetAttribute(ProcPath.Of(file, buffer), Encoding.Latin1.GetBytes(name), value), path);
        return this;
    }

    public RawTree Time(string path, long seconds, int nanoseconds)
    {
        using var file = Handle(path);
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        Require(Libc.SetModified(ProcPath.Of(file, buffer), new(seconds, nanoseconds)), path);
        return this;
    }

    public RawTree Owner(string path, uint uid, uint gid)
    {
        using var file = Handle(path);
        Require(Libc.ChangeOwner(file, uid, gid), path);
        return this;
    }

    public RawTree Mode(string path, uint mode)
    {
        Require(Libc.ChangeMode(Full(path), mode), path);
        return this;
    }

    public RawTree Remove(string path)
    {
        Require(Libc.Unlink(Descriptor.WorkingDirectory, Full(path)), path);
        return this;
    }

    public RawTree RemoveFolder(string path)
    {
        Require(Libc.RemoveDirectory(Descriptor.WorkingDirectory, Full(path)), path);
        return this;
    }

    public FileStat Stat(string path)
    {
        using var file = Handle(path);
        Require(Libc.Stat(file, out var stat), path);
        return stat;
    }

    public bool Exists(string path) => Libc.Stat(Descriptor.WorkingDirectory, Full(path), out _) == 0;

    public byte[] Full(string path) => [.. Encoding.UTF8.GetBytes(Root), (byte)'/', .. Encoding.Latin1.GetBytes(path)];

    /// <summary>A handle on a path itself, not on what a symbolic link leads to.</summary>
    public Descriptor Handle(string path) =>
        Libc.Open(Descriptor.WorkingDirectory, Full(path), OpenFlags.PathOnly | OpenFlags.NoFollow, out var error)
        ?? throw new IOException($"{path}: {Errno.Describe(error)}");

    public void Dispose()
    {
        using var remove = Process.Start("rm", ["-rf", "--", Root]);
        remove.WaitForExit();
    }

    private Descriptor Create(string path, uint mode)
    {
        var file =
            Libc.Open(Descriptor.WorkingDirectory, Full(path), OpenFlags.Write | OpenFlags.CreateNew, out var error, mode)
            ?? throw new IOException($"{path}: {Errno.Describe(error)}");
        Mode(path, mode);
        return file;
    }

    private static void Require(int error, string path)
    {
        if (error != 0)
            throw new IOException($"{path}: {Errno.Describe(error)}");
    }
}
