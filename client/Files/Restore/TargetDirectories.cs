using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// The directories of a restore: makes them on the way down, sets their metadata on the way up, and until a file was restored can undo
/// both.
/// </summary>
internal sealed class TargetDirectories : IDisposable
{
    private const int MaxOpen = 128;
    private const uint Private = 0x1C0; // 0700 until the mode is set
    private readonly OpenDirectories _open = new(MaxOpen);
    private readonly Stack<TargetDirectory> _walked = new();
    private readonly List<TargetDirectory> _held = [];
    private readonly Dictionary<DeviceNumber, Descriptor> _fileSystems = [];
    private readonly RestoreTarget _target;
    private readonly bool _isRoot;
    private readonly MetadataWriter _metadata;
    private readonly Action<RestoreProblem> _report;
    private readonly List<TargetDirectory> _due = [];
    private List<MadeDirectory>? _undo = [];

    internal TargetDirectories(RestoreTarget target, bool isRoot, MetadataWriter metadata, Action<RestoreProblem> report)
    {
        (_target, _isRoot, _metadata, _report) = (target, isRoot, metadata, report);
        var root = new DirectoryNode(null, default, target.Id);
        _open.AddRoot(root, target.Handle);
        _walked.Push(new(null, RelativePath.Root, root) { Users = 1 });
    }

    /// <summary>
    /// The directory an entry lies in, which is one of those being walked: the walk leaves those the entry does not lie in.
    /// </summary>
    internal TargetDirectory ParentOf(RelativePath path)
    {
        var parent = PathRules.ParentOf(path);
        while (_walked.Count > 1 && !path.IsWithin(_walked.Peek().Path))
            Release(_walked.Pop());
        return _walked.Peek().Path == parent
            ? _walked.Peek()
            : throw PathRules.Unsafe(path, $"the catalogue names no directory '{parent}' before it");
    }

    internal Descriptor? Open(TargetDirectory directory, out int error)
    {
        error = directory.Failure;
        return directory.Node is { } node ? _open.Get(node, out error) : null;
    }

    /// <summary>Makes a directory, or takes the one that is there when that is allowed, and walks into it.</summary>
    internal void Enter(TargetDirectory parent, CatalogueEntry entry)
    {
        var name = entry.Path.Name.ToArray();
        var made = Make(parent, name, out var aside, out var isNew, out var stat, out var error);
        var node = made is null ? null : new DirectoryNode(parent.Node, name, stat.Id);
        var directory = new TargetDirectory(parent, entry.Path, node, error) { Entry = entry, Users = 1 };
        Retain(parent);
        _walked.Push(directory);
        if (isNew || made is not null)
            Note(new(directory, isNew ? null : stat, aside));
        if (made is null || node is null)
        {
            _report(new(entry.Path, RestoreProblemKind.NotRestored, error, "making the directory"));
            return;
        }
        _open.Add(node, made);
        LetOwnerIn(made, stat);
        RememberFileSystem(made, stat.Id.Device);
    }

    internal static void Retain(TargetDirectory directory) => directory.Users++;

    /// <summary>
    /// Lets go of a directory; without users its metadata is set, as soon as nothing is undone any more, and its parent loses a user.
    /// </summary>
    internal void Release(TargetDirectory directory)
    {
        for (var current = directory; current is not null && --current.Users == 0; current = current.Parent)
        {
            if (_undo is not null)
            {
                _due.Add(current);
                return;
            }
            Complete(current);
        }
    }

    /// <summary>Keeps what lies in a directory within reach of later hard links, if its mode would lock the restoring user out.</summary>
    internal void HoldReachable(TargetDirectory directory)
    {
        if (_isRoot)
            return;
        for (var current = directory; current is not null; current = current.Parent)
        {
            if (current.Entry is not { } entry || ((uint)entry.Mode & Private) == Private)
                continue;
            Retain(directory);
            _held.Add(directory);
            return;
        }
    }

    /// <summary>Something that no undoing could bring back was restored.</summary>
    internal void Keep()
    {
        if (_undo is not { } undo)
            return;
        _undo = null;
        _target.Keep();
        foreach (var made in undo)
            Note(made);
        foreach (var directory in _due)
        {
            Complete(directory);
            if (directory.Parent is { } parent)
                Release(parent);
        }
        _due.Clear();
    }

    /// <summary>Sets the metadata still due, the target's own last, and waits until all is on disk.</summary>
    internal void Finish()
    {
        Keep();
        foreach (var directory in _held)
            Release(directory);
        _held.Clear();
        while (_walked.TryPop(out var directory))
            Release(directory);
        foreach (var fileSystem in _fileSystems.Values.Prepend(_target.Handle))
        {
            var error = Libc.SyncFileSystem(fileSystem);
            if (error != 0)
                _report(new(RelativePath.Root, RestoreProblemKind.Incomplete, error, "waiting until everything is on disk"));
        }
    }

    /// <summary>
    /// Removes the directories made, puts back what made way for them, and gives those found their modes and times back, unless something
    /// was restored.
    /// </summary>
    internal void Undo()
    {
        for (var i = (_undo?.Count ?? 0) - 1; _undo is not null && i >= 0; i--)
        {
            var made = _undo[i];
            if (made.Found is { } found)
            {
                if (Open(made.Directory, out _) is { } opened)
                    GiveBack(opened, found);
            }
            else if (made.Directory.Parent is { } parent && Open(parent, out _) is { } from)
            {
                Libc.RemoveDirectory(from, made.Directory.Path.Name);
                if (made.Aside is { } aside)
                    Libc.Rename(from, aside, made.Directory.Path.Name, replace: true);
            }
        }
    }

    public void Dispose()
    {
        foreach (var fileSystem in _fileSystems.Values)
            fileSystem.Dispose();
        _open.Dispose();
    }

    /// <summary>Sets a directory's metadata; nothing more is made in it.</summary>
    private void Complete(TargetDirectory directory)
    {
        if (directory.Node is not { } node)
            return;
        if (directory.Entry is { } entry)
        {
            if (Open(directory, out var error) is { } opened)
                _metadata.Apply(opened, entry);
            else
                _report(new(entry.Path, RestoreProblemKind.Incomplete, error, "finding the directory again to set its metadata"));
        }
        _open.Leave(node);
    }

    /// <summary>Remembers how to undo what was made; when nothing is undone any more, what made way for it is removed.</summary>
    private void Note(MadeDirectory made)
    {
        _undo?.Add(made);
        if (_undo is not null || made is not { Aside: { } aside, Directory: { Parent: { } parent, Path: var path } })
            return;
        if (Open(parent, out var error) is { } from)
            error = Libc.Unlink(from, aside);
        if (error != 0)
            _report(new(path, RestoreProblemKind.Incomplete, error, $"removing what made way for it, now '{new RelativePath(aside)}'"));
    }

    private static void GiveBack(Descriptor directory, in FileStat found)
    {
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        var path = ProcPath.Of(directory, buffer);
        Libc.ChangeMode(path, (uint)found.Mode);
        Libc.SetModified(path, found.ModifiedAt);
    }

    private Descriptor? Make(TargetDirectory parent, byte[] name, out byte[]? aside, out bool isNew, out FileStat stat, out int error)
    {
        (isNew, stat, aside) = (false, default, null);
        if (Open(parent, out error) is not { } from)
            return null;
        error = Libc.MakeDirectory(from, name, Private);
        isNew = error == 0;
        if (error == Errno.EEXIST && _target.Overwrite)
        {
            error = Libc.Stat(from, name, out var found);
            if (error == 0 && found.Type != EntryType.Directory)
            {
                error = TargetNames.MakeDirectoryInPlace(from, name, Private, out aside);
                isNew = error == 0;
            }
        }
        if (error != 0)
            return null;
        var made = Libc.Open(from, name, OpenFlags.PathOnly | OpenFlags.Directory | OpenFlags.NoFollow, out error);
        if (made is null || (error = Libc.Stat(made, out stat)) == 0)
            return made;
        made.Dispose();
        return null;
    }

    /// <summary>A user must be able to write into a directory found read-only, or made so by the umask.</summary>
    private void LetOwnerIn(Descriptor directory, in FileStat stat)
    {
        var mode = (uint)stat.Mode;
        if (_isRoot || (mode & Private) == Private)
            return;
        Span<byte> buffer = stackalloc byte[ProcPath.MaxLength];
        Libc.ChangeMode(ProcPath.Of(directory, buffer), mode | Private);
    }

    /// <summary>A target may hold mount points: each file system is synced in the end.</summary>
    private void RememberFileSystem(Descriptor directory, DeviceNumber device)
    {
        if (device == _target.Id.Device || _fileSystems.ContainsKey(device))
            return;
        if (Libc.Open(directory, "."u8, OpenFlags.Directory, out _) is { } opened)
            _fileSystems.Add(device, opened);
    }
}
