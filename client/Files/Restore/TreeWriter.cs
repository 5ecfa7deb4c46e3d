using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>
/// Makes a catalogue's entries below a target directory. Works relative to directory descriptors and follows no symbolic link below the
/// target, so that none, restored or planted, leads outside. Directories get their metadata when nothing more is made in them; memory is
/// bounded by depth, unfinished files and names of hard-linked files. Life cycle:
/// <list type="number">
/// <item><see cref="Add"/> every entry in catalogue order; where it returns a file, write its content and complete or dispose it, at once
/// or later.</item>
/// <item><see cref="Finish()"/> when all files are completed or disposed: after it everything is on disk.</item>
/// <item>Dispose. Before <see cref="Finish()"/> that removes unfinished files and, if nothing but directories was restored, those
/// too.</item>
/// </list>
/// Safe for concurrent use; problems are reported one at a time, on any of the threads.
/// </summary>
public sealed partial class TreeWriter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RestoreTarget _target;
    private readonly Action<RestoreProblem> _report;
    private readonly Lock _reporting = new();
    private readonly uint _user = Libc.EffectiveUser();
    private readonly uint _group = Libc.EffectiveGroup();
    private readonly MetadataWriter _metadata;
    private readonly TargetDirectories _directories;
    private readonly HashSet<RestoredFile> _unfinished = [];
    private RelativePath? _last;
    private bool _finished;

    /// <param name="target">Where; disposed with the writer.</param>
    /// <param name="report">Hears of everything that could not be restored.</param>
    public TreeWriter(RestoreTarget target, Action<RestoreProblem> report)
    {
        _target = target;
        _report = problem =>
        {
            lock (_reporting)
                report(problem);
        };
        _metadata = new(IsRoot, Notes, _report);
        _directories = new(target, IsRoot, _metadata, _report);
    }

    private bool IsRoot => _user == 0;

    /// <summary>What was not restored because the restoring user is not root.</summary>
    public RestoreNotes Notes { get; } = new();

    /// <summary>Makes an entry; a regular file with content is returned, to be filled and completed.</summary>
    /// <exception cref="VaultException"><see cref="ErrorCodes.UnsafePath"/>: the path is not plainly below the root, does not come after
    /// the last one, or its directory did not come before it.</exception>
    public RestoredFile? Add(CatalogueEntry entry)
    {
        lock (_gate)
        {
            if (_finished)
                throw new InvalidOperationException("The restore is finished.");
            PathRules.Require(entry.Path, _last);
            if (entry.Path.IsRoot && entry.Type != EntryType.Directory)
                throw PathRules.Unsafe(entry.Path, $"the root is a {entry.Type}");
            var parent = _directories.ParentOf(entry.Path);
            _last = entry.Path;
            if (entry is { Type: EntryType.Directory, ReadError: not 0 })
                ReportNeverRead(entry);
            if (entry.Path.IsRoot)
                parent.Entry = entry;
            else if (entry.Type == EntryType.Directory)
                _directories.Enter(parent, entry);
            else
                return Make(parent, entry);
            return null;
        }
    }

    /// <summary>Sets the metadata of the directories still open, the target's own last, and waits until everything is on disk.</summary>
    /// <exception cref="InvalidOperationException">A file is neither completed nor disposed.</exception>
    public void Finish()
    {
        lock (_gate)
        {
            if (_unfinished.Count > 0)
                throw new InvalidOperationException($"{_unfinished.Count} files are neither completed nor disposed.");
            if (!_finished)
                _directories.Finish();
            _finished = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var file in _unfinished.ToArray())
                Finish(file, succeeded: false);
            if (!_finished)
                _directories.Undo();
            _finished = true;
            // The target first: it undoes its own making through the handle that the directories share.
            _target.Dispose();
            _directories.Dispose();
        }
    }

    /// <summary>Ends the work on a file, once; true if it is in its place now.</summary>
    internal bool Finish(RestoredFile file, bool succeeded)
    {
        if (!file.TryEnd())
            return false;
        // What concerns the file alone happens beside what other threads do: in trees of small files it is most of the work.
        var id = default(InodeId);
        var error = succeeded ? Close(file, out id) : 0;
        lock (_gate)
        {
            var placed = succeeded ? Place(file, id, error) : Discard(file);
            Settle(file.Entry, placed);
            _directories.Release(file.Directory);
            _unfinished.Remove(file);
            return placed is not null;
        }
    }

    internal void Report(CatalogueEntry entry, RestoreProblemKind kind, int error, string what) =>
        _report(new(entry.Path, kind, error, what));

    private void ReportNeverRead(CatalogueEntry entry)
    {
        var what = entry.Type == EntryType.Directory ? "what it holds" : "it";
        Report(entry, RestoreProblemKind.NeverRead, entry.ReadError, $"{what} could not be read when it was backed up");
    }

    private RestoredFile? Make(TargetDirectory parent, CatalogueEntry entry)
    {
        if (entry.ReadError != 0)
        {
            ReportNeverRead(entry);
            return null;
        }
        if (!IsRoot && entry.Type is EntryType.CharacterDevice or EntryType.BlockDevice)
        {
            Notes.DevicesSkipped++;
            return null;
        }
        if (JoinsLink(parent, entry))
            return null;
        if (entry.Type != EntryType.File)
        {
            Settle(entry, MakeSpecial(parent, entry));
            return null;
        }
        var file = Begin(parent, entry);
        if (file is null)
            Settle(entry, null);
        if (entry.Content.Length > 0)
            return file;
        file?.Complete();
        return null;
    }

    private RestoredFile? Begin(TargetDirectory parent, CatalogueEntry entry)
    {
        var temporary = TargetNames.Temporary();
        Descriptor? made = null;
        var error = HasSoundLengths(entry) ? 0 : Errno.EINVAL;
        if (error == 0 && _directories.Open(parent, out error) is { } directory)
            made = TargetNames.MakeFile(directory, temporary, entry, entry.Uid == _user && entry.Gid == _group, out error);
        if (made is null)
        {
            Report(entry, RestoreProblemKind.NotRestored, error, $"making the file of {entry.Size} bytes");
            return null;
        }
        var file = new RestoredFile(this, parent, entry, made, temporary);
        TargetDirectories.Retain(parent);
        _unfinished.Add(file);
        return file;
    }

    /// <summary>The data lies within the file, in order, and is as long as the content.</summary>
    private static bool HasSoundLengths(CatalogueEntry entry)
    {
        if (entry.DataExtents is not { } extents)
            return entry.Size >= 0 && entry.Content.Length == entry.Size;
        var (end, data) = (0L, 0L);
        foreach (var extent in extents)
        {
            if (extent.Offset < end || extent.Length <= 0 || extent.Length > entry.Size - extent.Offset)
                return false;
            (end, data) = (extent.Offset + extent.Length, data + extent.Length);
        }
        return entry.Size >= 0 && data == entry.Content.Length;
    }

    /// <summary>Everything that needs the open file: length, metadata, and its close, which may tell of a failed write.</summary>
    private int Close(RestoredFile file, out InodeId id)
    {
        var error = file.FixLength();
        id = _metadata.ApplyToNew(file.File, file.Entry);
        var closing = file.File.CloseChecked();
        return error == 0 ? closing : error;
    }

    private InodeId? Place(RestoredFile file, InodeId id, int error)
    {
        if (_directories.Open(file.Directory, out var lost) is not { } directory)
            error = lost;
        else if (error == 0)
            error = TargetNames.Place(directory, file.TemporaryName, file.Entry.Path.Name, _target.Overwrite);
        else
            Libc.Unlink(directory, file.TemporaryName);
        return Placed(file.Entry, error, id);
    }

    private InodeId? Discard(RestoredFile file)
    {
        file.File.Dispose();
        if (_directories.Open(file.Directory, out _) is { } directory)
            Libc.Unlink(directory, file.TemporaryName);
        return null;
    }

    private InodeId? MakeSpecial(TargetDirectory parent, CatalogueEntry entry)
    {
        var temporary = TargetNames.Temporary();
        if (
            _directories.Open(parent, out var error) is not { } directory
            || TargetNames.Make(directory, entry, temporary, out error) is not { } made
        )
            return Placed(entry, error, default);
        _metadata.Apply(made, entry);
        error = Libc.Stat(made, out var stat);
        made.Dispose();
        if (error == 0)
            error = TargetNames.Place(directory, temporary, entry.Path.Name, _target.Overwrite);
        return Placed(entry, error, stat.Id);
    }

    private InodeId? Placed(CatalogueEntry entry, int error, InodeId id)
    {
        if (error != 0)
        {
            Report(entry, RestoreProblemKind.NotRestored, error, $"making the {Word(entry.Type)}");
            return null;
        }
        _directories.Keep();
        return id;
    }

    private static string Word(EntryType type) =>
        type switch
        {
            EntryType.File => "file",
            EntryType.Symlink => "symbolic link",
            EntryType.Fifo => "fifo",
            EntryType.Socket => "socket",
            EntryType.CharacterDevice or EntryType.BlockDevice => "device node",
            _ => $"entry of kind {type}",
        };
}
