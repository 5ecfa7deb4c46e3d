using System.Diagnostics.CodeAnalysis;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>
/// Walks a source in the order of <see cref="RelativePath"/>: a directory before what it holds, names in byte order. Works relative to
/// directory descriptors and follows no symbolic link below the source, so that trees of any depth are walked and nothing outside is read;
/// memory holds one directory's names per level. A source that is a directory is the root entry; anything else is one entry under its own
/// name. Whatever cannot be read is reported. Linux x64 and arm64 only. Not safe for concurrent use.
/// </summary>
public sealed class FileWalker : IDisposable
{
    private const int MaxOpenDirectories = 64;
    private const int NamesBufferBytes = 64 << 10;
    private readonly OpenDirectories _directories = new(MaxOpenDirectories);
    private readonly byte[] _namesBuffer = new byte[NamesBufferBytes];
    private readonly WalkSource _source;
    private readonly ExclusionRules _rules;
    private readonly EntryReader _reader;
    private readonly Action<WalkProblem> _report;
    private readonly bool _readsAttributesOnOpening;
    private bool _walked;

    /// <param name="source">A path of any kind of file; when it is a symbolic link, what that leads to.</param>
    /// <param name="options">What to leave out.</param>
    /// <param name="report">Hears of every problem as the walk meets it.</param>
    /// <exception cref="VaultException"><see cref="ErrorCodes.SourceNotFound"/> or <see cref="ErrorCodes.SourceUnreadable"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64 or arm64.</exception>
    public FileWalker(string source, WalkOptions options, Action<WalkProblem> report)
    {
        Platform.Require("Walking a source");
        _source = WalkSource.Open(source, options);
        _rules = new(options, _source.Stat.Id);
        _reader = new(report);
        _report = report;
        _readsAttributesOnOpening = options.ReadsAttributesOnOpening;
    }

    /// <summary>Whether the source is a block device, which is read like one file.</summary>
    public bool IsDevice => _source.IsDevice;

    /// <summary>What was left out so far.</summary>
    public ExcludedCounts Excluded { get; private set; }

    /// <summary>The entries, once.</summary>
    public IEnumerable<WalkedEntry> Walk()
    {
        if (_walked)
            throw new InvalidOperationException("A source is walked once; make another walker.");
        _walked = true;
        var levels = new Stack<Level>();
        yield return VisitSource(out var level);
        if (level is not null)
            levels.Push(level);
        while (levels.TryPeek(out var current))
        {
            if (!current.MoveNext())
            {
                _directories.Leave(levels.Pop().Directory);
                continue;
            }
            var entry = Visit(current, out var below);
            if (entry is not null)
                yield return entry;
            if (below is not null)
                levels.Push(below);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _directories.Dispose();
        _source.Dispose();
    }

    internal bool TryOpen(
        DirectoryNode? directory,
        CatalogueEntry entry,
        [NotNullWhen(true)] out ContentStream? content,
        [NotNullWhen(false)] out WalkProblem? problem
    )
    {
        (content, problem) = (null, null);
        var file = OpenFile(directory, entry.Path.Name, out var error);
        if (file is not null)
        {
            content = Open(file, directory, entry, out error);
            if (content is not null)
                return true;
            file.Dispose();
        }
        problem = new(entry.Path, WalkProblem.KindOf(error), error, "opening the file");
        return false;
    }

    private ContentStream? Open(Descriptor file, DirectoryNode? directory, CatalogueEntry entry, out int error)
    {
        error = Libc.Stat(file, out var stat);
        if (error != 0)
            return null;
        if (stat.Type == EntryType.File)
            return new(file, _reader.Refresh(entry, file, stat, _readsAttributesOnOpening), stat);
        if (directory is null && _source.IsDevice && stat.Type == EntryType.BlockDevice)
        {
            error = Libc.Seek(file, 0, SeekTo.End, out var size);
            return error == 0 ? new(file, entry, stat, size) : null;
        }
        error = Errno.ESTALE;
        return null;
    }

    /// <summary>The entry of a file that did not open, with the attributes it was walked without.</summary>
    internal CatalogueEntry WithAttributes(DirectoryNode? directory, CatalogueEntry entry) =>
        _readsAttributesOnOpening && directory is not null && _directories.Get(directory, out _) is { } parent
            ? _reader.WithAttributes(entry, parent)
            : entry;

    private Descriptor? OpenFile(DirectoryNode? directory, ReadOnlySpan<byte> name, out int error)
    {
        if (directory is null)
            return _source.Reopen(out error);
        return _directories.Get(directory, out error) is { } parent ? Reading.Open(parent, name, OpenFlags.NonBlocking, out error) : null;
    }

    private WalkedEntry VisitSource(out Level? below)
    {
        below = null;
        var entry = EntryReader.Describe(_source.Path, _source.Stat) with
        {
            ExtendedAttributes = _reader.Attributes(_source.Path, _source.Handle),
        };
        // No time of a device says when its content changed: without an identity it is never taken for unchanged.
        if (_source.IsDevice)
            entry = entry with { Type = EntryType.File, Device = default, Identity = null, IsHardLinked = false };
        if (_source.Stat.Type == EntryType.Directory)
        {
            var root = new DirectoryNode(null, default, _source.Stat.Id);
            _directories.AddRoot(root, _source.Handle);
            below = new(root, entry.Path, List(_source.Handle, ref entry));
        }
        return new(this, null, entry, _source.Stat.AllocatedBytes);
    }

    private WalkedEntry? Visit(Level level, out Level? below)
    {
        below = null;
        var name = level.Name;
        var path = level.Path.Append(name);
        if (path.Bytes.Length > RelativePath.MaxLength)
            return Unreadable(path, Errno.ENAMETOOLONG, "a path longer than a catalogue holds");
        if (_directories.Get(level.Directory, out var error) is not { } directory)
        {
            level.Abandon();
            return Unreadable(level.Path, error, $"finding the directory again for the rest of its names, from '{path}' on");
        }
        error = Libc.Stat(directory, name, out var stat);
        if (error == Errno.ENOENT)
            return Unreadable(path, error, "reading its metadata", WalkProblemKind.Vanished);
        if (error != 0)
            return Unreadable(path, error, "reading its metadata");
        if (stat.Type == EntryType.Unknown)
            return Unreadable(path, Errno.EOPNOTSUPP, "a kind of file this version does not know");
        if (_rules.LeavesOut(path, stat))
        {
            Excluded = Excluded.With(stat);
            return null;
        }
        if (_reader.Read(path, directory, stat, !_readsAttributesOnOpening) is not { } entry)
            return null;
        if (stat.Type == EntryType.Directory)
            Enter(level, directory, ref entry, ref stat, out below);
        return new(this, level.Directory, entry, stat.AllocatedBytes);
    }

    /// <summary>Opens a directory and lists it; the entry then tells of what was opened, whatever bore the name before.</summary>
    private void Enter(Level parent, Descriptor from, ref CatalogueEntry entry, ref FileStat stat, out Level? below)
    {
        below = null;
        if (StaysOut(stat))
            return;
        var opened = Reading.Open(from, entry.Path.Name, OpenFlags.Directory, out var error);
        if (opened is null || (error = Libc.Stat(opened, out var current)) != 0)
        {
            opened?.Dispose();
            Unreadable(entry.Path, error, "opening the directory", WalkProblem.KindOf(error));
            entry = entry with { ReadError = error };
            return;
        }
        if (current.Id != stat.Id)
        {
            (stat, entry) = (
                current,
                EntryReader.Describe(entry.Path, current) with
                {
                    ExtendedAttributes = _reader.Attributes(entry.Path, opened),
                }
            );
            if (_rules.LeavesOut(entry.Path, stat) || StaysOut(stat))
            {
                opened.Dispose();
                return;
            }
        }
        var node = new DirectoryNode(parent.Directory, entry.Path.Name.ToArray(), stat.Id);
        _directories.Add(node, opened);
        below = new(node, entry.Path, List(opened, ref entry));
    }

    /// <summary>True for a directory on another file system, if that is left out: what it holds counts as one directory left out.</summary>
    private bool StaysOut(in FileStat directory)
    {
        if (!_rules.StaysOut(directory))
            return false;
        Excluded = Excluded.With(directory);
        return true;
    }

    private DirectoryNames List(Descriptor directory, ref CatalogueEntry entry)
    {
        var names = DirectoryNames.Read(directory, _namesBuffer, out var error);
        if (error != 0)
        {
            Unreadable(entry.Path, error, "listing the directory");
            entry = entry with { ReadError = error };
        }
        var tag = _rules.FindCacheTag(directory, names);
        if (tag < 0)
            return names;
        for (var i = 0; i < names.Count; i++)
            if (i != tag && Libc.Stat(directory, names[i], out var stat) == 0)
                Excluded = Excluded.With(stat);
        return names.Only(tag);
    }

    private WalkedEntry? Unreadable(RelativePath path, int error, string what, WalkProblemKind kind = WalkProblemKind.Unreadable)
    {
        _report(new(path, kind, error, what));
        return null;
    }

    /// <summary>A directory being walked and how far.</summary>
    private sealed class Level(DirectoryNode directory, RelativePath path, DirectoryNames names)
    {
        private DirectoryNames _names = names;
        private int _at = -1;

        internal DirectoryNode Directory => directory;

        internal RelativePath Path => path;

        internal ReadOnlySpan<byte> Name => _names[_at];

        internal bool MoveNext() => ++_at < _names.Count;

        internal void Abandon() => _names = DirectoryNames.None;
    }
}
