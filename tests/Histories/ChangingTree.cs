using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Files;

namespace RecoveryVault.Tests.Histories;

/// <summary>What is done to a tree in one step; numbers choose among what is there, so that any sequence fits any tree.</summary>
internal sealed record Change(Change.Op Kind, int Which, int Name, int Amount)
{
    public enum Op
    {
        AddFile,
        AddSparse,
        AddFolder,
        AddLink,
        AddHardLink,
        Append,
        Overwrite,
        OverwriteKeepingTimes,
        Touch,
        Mode,
        Attribute,
        Rename,
        Remove,
    }
}

/// <summary>A directory that changes step by step.</summary>
internal sealed class ChangingTree : IDisposable
{
    private static readonly string[] Names = ["a", "b", "B", "\u00ff", "c d", "e\nf", ".g", new('n', 200)];
    private static readonly uint[] Modes = [0x1A4, 0x180, 0x1ED, 0x9ED, 0x1C0];
    private readonly RawTree _tree = new("/dev/shm");
    private readonly List<string> _folders = [""];
    private readonly List<string> _files = [];

    public string Root => _tree.Root;

    public void Apply(Change change)
    {
        switch (change.Kind)
        {
            case Change.Op.AddFile:
                Add(change, _files, path => _tree.Content(path, ItemStage.Noise(change.Amount, change.Amount % 90_000)));
                break;
            case Change.Op.AddSparse:
                Add(change, _files, path => _tree.Sparse(path, 1 << 22, (change.Amount, [1, 2, 3]), (1 << 21, new byte[50_000])));
                break;
            case Change.Op.AddFolder:
                Add(change, _folders, path => _tree.Folder(path));
                break;
            case Change.Op.AddLink:
                Add(change, null, path => _tree.Symlink(path, Names[change.Amount % Names.Length]));
                break;
            case Change.Op.AddHardLink when _files.Count > 0:
                Add(change, _files, path => _tree.HardLink(path, File(change)));
                break;
            case Change.Op.Rename:
                Rename(change);
                break;
            case Change.Op.Remove when _files.Count > 0:
                _tree.Remove(File(change));
                _files.Remove(File(change));
                break;
            default:
                if (_files.Count > 0)
                    Alter(File(change), change);
                break;
        }
    }

    public void Dispose() => _tree.Dispose();

    private string File(Change change) => _files[change.Which % _files.Count];

    private void Add(Change change, List<string>? among, Action<string> make)
    {
        var path = Path.Join(_folders[change.Which % _folders.Count], Names[change.Name % Names.Length]);
        if (path.Length > 1000 || _tree.Exists(path))
            return;
        make(path);
        among?.Add(path);
    }

    /// <summary>A file; of folders only one without others in it, whose paths would all change.</summary>
    private void Rename(Change change)
    {
        var empty = _folders.Where(f => f.Length > 0 && !_folders.Concat(_files).Any(p => p.StartsWith($"{f}/", StringComparison.Ordinal)));
        var movable = _files.Concat(empty).ToList();
        if (movable.Count == 0)
            return;
        var from = movable[change.Which % movable.Count];
        var to = Path.Join(Path.GetDirectoryName(from), Names[change.Name % Names.Length]);
        if (_tree.Exists(to) || to.Length > 1000)
            return;
        _tree.Rename(from, to);
        var among = _files.Contains(from) ? _files : _folders;
        among[among.IndexOf(from)] = to;
    }

    private void Alter(string path, Change change)
    {
        var before = _tree.Stat(path).ModifiedAt;
        switch (change.Kind)
        {
            case Change.Op.Append:
                _tree.WriteAt(path, _tree.Stat(path).Size, ItemStage.Noise(change.Amount, 1 + (change.Amount % 5000)));
                break;
            case Change.Op.Overwrite:
                _tree.WriteAt(path, change.Amount % 1000, ItemStage.Noise(change.Amount + 1, 700));
                break;
            case Change.Op.OverwriteKeepingTimes:
                _tree.WriteAt(path, 0, ItemStage.Noise(change.Amount + 2, (int)Math.Min(_tree.Stat(path).Size, 100)));
                _tree.Time(path, before.Seconds, before.Nanoseconds);
                break;
            case Change.Op.Touch:
                _tree.Time(path, change.Amount, change.Amount % 1_000_000);
                break;
            case Change.Op.Mode:
                _tree.Mode(path, Modes[change.Amount % Modes.Length]);
                break;
            case Change.Op.Attribute:
                _tree.Attribute(path, $"user.{change.Name % 3}", ItemStage.Noise(change.Amount, change.Amount % 50));
                break;
        }
    }
}
