using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>
/// The directories in use, of which at most <paramref name="limit"/> (two or more) have a descriptor: the one not used for longest is
/// closed first and opened again when needed, name by name from an open ancestor or from its child's "..", and refused if it is another
/// directory by then. The root stays open. Not safe for concurrent use.
/// </summary>
internal sealed class OpenDirectories(int limit) : IDisposable
{
    private const OpenFlags Reopen = OpenFlags.PathOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private readonly LinkedList<DirectoryNode> _recent = [];
    private DirectoryNode? _root;

    internal void AddRoot(DirectoryNode root, Descriptor descriptor) => (_root, root.Descriptor) = (root, descriptor);

    /// <summary>Takes over the descriptor of a directory just opened.</summary>
    internal void Add(DirectoryNode node, Descriptor descriptor)
    {
        if (_recent.Count == limit && _recent.Last is { } oldest)
            Close(oldest.Value);
        node.Descriptor = descriptor;
        node.Use = _recent.AddFirst(node);
    }

    /// <summary>
    /// The directory's descriptor, good until the next call but one; null and the error when it cannot be opened again: ESTALE when another
    /// directory took its place.
    /// </summary>
    internal Descriptor? Get(DirectoryNode node, out int error)
    {
        error = 0;
        if (node.Use is { } use)
        {
            _recent.Remove(use);
            _recent.AddFirst(use);
        }
        else if (node.Descriptor is null)
        {
            if (Find(node, out error) is not { } found)
                return null;
            Add(node, found);
        }
        return node.Descriptor;
    }

    /// <summary>Closes a directory that is done with; a closed parent is opened through it while that is a single step.</summary>
    internal void Leave(DirectoryNode node)
    {
        if (
            node is { Descriptor: { } child, Parent: { Descriptor: null } parent }
            && OpenSame(child, ".."u8, Reopen & ~OpenFlags.NoFollow, parent.Id, out _) is { } opened
        )
        {
            Add(parent, opened);
        }
        Close(node);
    }

    public void Dispose()
    {
        while (_recent.First is { } first)
            Close(first.Value);
        _root?.Descriptor?.Dispose();
    }

    private static Descriptor? Find(DirectoryNode node, out int error)
    {
        var missing = new Stack<DirectoryNode>();
        var ancestor = node;
        for (; ancestor.Descriptor is null; ancestor = ancestor.Parent ?? throw new ObjectDisposedException(nameof(OpenDirectories)))
            missing.Push(ancestor);
        var current = ancestor.Descriptor;
        error = 0;
        while (missing.TryPop(out var step))
        {
            var next = OpenSame(current, step.Name.Span, Reopen, step.Id, out error);
            if (!ReferenceEquals(current, ancestor.Descriptor))
                current.Dispose();
            if (next is null)
                return null;
            current = next;
        }
        return current;
    }

    private static Descriptor? OpenSame(Descriptor from, ReadOnlySpan<byte> name, OpenFlags flags, InodeId expected, out int error)
    {
        var opened = Libc.Open(from, name, flags, out error);
        if (opened is null)
            return null;
        error = Libc.Stat(opened, out var stat);
        if (error == 0 && stat.Id != expected)
            error = Errno.ESTALE;
        if (error == 0)
            return opened;
        opened.Dispose();
        return null;
    }

    private void Close(DirectoryNode node)
    {
        if (node.Use is not { } use)
            return;
        _recent.Remove(use);
        node.Use = null;
        node.Descriptor?.Dispose();
        node.Descriptor = null;
    }
}
