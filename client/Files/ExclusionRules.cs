using RecoveryVault.Catalogues;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>Applies <see cref="WalkOptions"/> to one source.</summary>
internal sealed class ExclusionRules(WalkOptions options, InodeId root)
{
    private static readonly byte[] CacheTag = "CACHEDIR.TAG"u8.ToArray();
    private static readonly byte[] CacheSignature = "Signature: 8a477f597d28d172789f06886806bc55"u8.ToArray();

    internal bool LeavesOut(RelativePath path, in FileStat stat)
    {
        var isDirectory = stat.Type == EntryType.Directory;
        if (isDirectory && options.NeverEnter.Contains(stat.Id))
            return true;
        foreach (var pattern in options.Excludes)
        {
            if (pattern.DirectoriesOnly && !isDirectory)
                continue;
            if (pattern.Matches(pattern.MatchesPath ? path.Bytes.Span : path.Name))
                return true;
        }
        return false;
    }

    /// <summary>True for a directory kept without what it holds, because that lies on another file system.</summary>
    internal bool StaysOut(in FileStat directory) => options.OneFileSystem && directory.Id.Device != root.Device;

    /// <summary>The place of the tag among a directory's names when it is tagged as a cache and caches are left out, or -1.</summary>
    internal int FindCacheTag(Descriptor directory, DirectoryNames names)
    {
        var index = options.ExcludeCaches ? names.IndexOf(CacheTag) : -1;
        return index >= 0 && IsTagged(directory) ? index : -1;
    }

    /// <summary>A tag that cannot be read is none: rather back up too much.</summary>
    private static bool IsTagged(Descriptor directory)
    {
        if (Libc.Stat(directory, CacheTag, out var stat) != 0 || stat.Type != EntryType.File)
            return false;
        using var tag = Libc.Open(directory, CacheTag, OpenFlags.Read | OpenFlags.NoFollow | OpenFlags.NonBlocking, out _);
        Span<byte> start = stackalloc byte[CacheSignature.Length];
        return tag is not null && Libc.Read(tag, start, 0, out var read) == 0 && start[..read].SequenceEqual(CacheSignature);
    }
}
