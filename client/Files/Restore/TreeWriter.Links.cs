using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files.Restore;

/// <summary>Hard links: the first name of a file is restored, the others are linked to it when it is whole.</summary>
public sealed partial class TreeWriter
{
    private const int CopyBytes = 1 << 20;
    private readonly Dictionary<(InodeId Id, EntryType Type), LinkedFile> _linked = [];

    private static (InodeId, EntryType)? LinkKey(CatalogueEntry entry) =>
        entry is { IsHardLinked: true, Identity: { } identity } ? (new(identity.Device, identity.Inode), entry.Type) : null;

    /// <summary>True when the entry is another name of a file already met; otherwise it is the first.</summary>
    private bool JoinsLink(TargetDirectory parent, CatalogueEntry entry)
    {
        if (LinkKey(entry) is not { } key)
            return false;
        if (_linked.TryAdd(key, new(parent, entry.Path)))
            return false;
        var first = _linked[key];
        if (first.Failed)
        {
            // This name has the content as well.
            _linked[key] = new(parent, entry.Path);
            return false;
        }
        if (first.Made is not null)
        {
            Join(first, parent, entry);
            return true;
        }
        first.Waiting.Add((parent, entry));
        TargetDirectories.Retain(parent);
        return true;
    }

    /// <summary>The first name is in its place, or (null) will not be: so for those that waited for it.</summary>
    private void Settle(CatalogueEntry entry, InodeId? made)
    {
        if (LinkKey(entry) is not { } key || !_linked.TryGetValue(key, out var first) || first.Path != entry.Path)
            return;
        (first.Made, first.Failed) = (made, made is null);
        if (made is not null)
            _directories.HoldReachable(first.Directory);
        foreach (var (directory, waiting) in first.Waiting)
        {
            Join(first, directory, waiting);
            _directories.Release(directory);
        }
        first.Waiting.Clear();
    }

    private void Join(LinkedFile first, TargetDirectory parent, CatalogueEntry entry)
    {
        if (first.Made is not { } made)
        {
            Report(entry, RestoreProblemKind.NotRestored, Errno.ENOENT, $"linking it to '{first.Path}', which was not restored");
            return;
        }
        var error = Link(first, made, parent, entry);
        if (error == 0)
        {
            _directories.Keep();
            return;
        }
        if (!Copy(first, made, parent, entry))
            return;
        Report(entry, RestoreProblemKind.CopiedLink, error, $"linking it to '{first.Path}'");
    }

    private int Link(LinkedFile first, InodeId made, TargetDirectory parent, CatalogueEntry entry)
    {
        var temporary = TargetNames.Temporary();
        if (_directories.Open(first.Directory, out var error) is not { } from || _directories.Open(parent, out error) is not { } to)
            return error;
        error = Libc.Link(from, first.Path.Name, to, temporary);
        if (error != 0)
            return error;
        error = Libc.Stat(to, temporary, out var stat);
        if (error == 0 && stat.Id != made)
            error = Errno.ESTALE;
        if (error == 0)
            return TargetNames.Place(to, temporary, entry.Path.Name, _target.Overwrite);
        Libc.Unlink(to, temporary);
        return error;
    }

    /// <summary>Restores another name as a file of its own, from the first.</summary>
    private bool Copy(LinkedFile first, InodeId made, TargetDirectory parent, CatalogueEntry entry)
    {
        if (entry.Type != EntryType.File)
            return MakeSpecial(parent, entry) is not null;
        if (Begin(parent, entry) is not { } file)
            return false;
        var error = CopyContent(first, made, file);
        if (error != 0)
            file.Fail(error, $"copying '{first.Path}', to which it cannot be linked");
        return Finish(file, succeeded: error == 0);
    }

    private int CopyContent(LinkedFile first, InodeId made, RestoredFile file)
    {
        if (_directories.Open(first.Directory, out var error) is not { } from)
            return error;
        using var source = Libc.Open(from, first.Path.Name, OpenFlags.Read | OpenFlags.NoFollow | OpenFlags.NonBlocking, out error);
        if (source is null)
            return error;
        error = Libc.Stat(source, out var stat);
        if (error == 0 && stat.Id != made)
            error = Errno.ESTALE;
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        foreach (var extent in file.Entry.DataExtents ?? [new(0, file.Entry.Size)])
        {
            for (var at = 0L; error == 0 && at < extent.Length; )
            {
                error = Libc.Read(source, buffer.AsSpan(0, (int)Math.Min(CopyBytes, extent.Length - at)), extent.Offset + at, out var read);
                if (error == 0 && read == 0)
                    error = Errno.EIO; // Shorter than what was just written.
                if (error == 0)
                    error = file.Write(buffer.AsSpan(0, read), extent.Offset + at);
                at += read;
            }
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return error;
    }
}
