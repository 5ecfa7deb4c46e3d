using System.Collections.Immutable;
using CsCheck;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Catalogues;

/// <summary>Entries for catalogue tests: arbitrary trees, and large regular ones.</summary>
public static class CatalogueSamples
{
    private static readonly Gen<FileTime> Time = Gen.Select(
        Gen.Long,
        Gen.Int[0, 999_999_999],
        (seconds, nanoseconds) => new FileTime(seconds, nanoseconds)
    );
    private static readonly Gen<DeviceNumber> Device = Gen.Select(Gen.UInt, Gen.UInt, (major, minor) => new DeviceNumber(major, minor));

    private static readonly Gen<FileIdentity?> Identity = Gen.Select(
        Gen.Bool,
        Device,
        Gen.ULong,
        Time,
        (some, device, inode, time) => some ? new FileIdentity(device, inode, time) : (FileIdentity?)null
    );

    private static readonly Gen<ImmutableArray<ExtendedAttribute>> Attributes = Gen.Select(Gen.Byte.Array[1, 12], Gen.Byte.Array[0, 40])
        .Array[0, 3]
        .Select(pairs =>
            pairs
                .DistinctBy(pair => Convert.ToHexString(pair.Item1))
                .OrderBy(pair => Convert.ToHexString(pair.Item1), StringComparer.Ordinal)
                .Select(pair => new ExtendedAttribute(pair.Item1, pair.Item2))
                .ToImmutableArray()
        );

    public static readonly Gen<ChunkRef> Chunk = Gen.Select(
        Gen.Int[1, ChunkRef.MaxLength],
        Gen.Bool,
        Gen.Int,
        (length, isZero, seed) =>
            isZero ? new ChunkRef(default, length, true) : new ChunkRef(Digest.Of(BitConverter.GetBytes(seed)), length)
    );

    private static readonly Gen<ChunkList> Content = Gen.OneOf(
        Chunk.Array[0, ChunkList.MaxInlineRefs].Select(chunks => new ChunkList(0, chunks.Sum(chunk => (long)chunk.Length), [.. chunks])),
        Gen.Select(
            Chunk.Array[1, 5],
            Gen.Int[1, ChunkList.MaxDepth],
            Gen.Long[1, 1L << 50],
            (nodes, depth, length) => new ChunkList(depth, length, [.. nodes.Select(node => new ChunkRef(Digest.Of([1]), node.Length))])
        )
    );

    private static readonly Gen<CatalogueEntry> Attributed = Gen.Select(
        Gen.Int[0, 0xFFF],
        Gen.UInt,
        Gen.UInt,
        Time,
        Identity,
        Attributes,
        Gen.Bool,
        Gen.Int[0, 200],
        (mode, uid, gid, time, identity, attributes, linked, errno) =>
            new CatalogueEntry
            {
                Path = default,
                Type = EntryType.Directory,
                Mode = mode,
                Uid = uid,
                Gid = gid,
                ModifiedAt = time,
                Identity = identity,
                IsHardLinked = linked && identity is not null,
                ExtendedAttributes = attributes,
                ReadError = errno > 100 ? errno : 0,
            }
    );

    private static readonly Gen<CatalogueEntry> File = Gen.Select(
        Attributed,
        Content,
        Gen.Bool,
        Gen.Bool,
        Gen.Int[1, 4],
        (entry, content, changed, sparse, pieces) =>
        {
            entry = entry with { Type = EntryType.File, ChangedWhileRead = changed, ReadAgain = entry.Uid % 2 == 0 };
            if (entry.ReadError != 0)
                return entry with { Size = content.Length };
            return sparse ? Sparse(entry with { Content = content }, pieces) : entry with { Size = content.Length, Content = content };
        }
    );

    private static readonly Gen<CatalogueEntry> Other = Gen.Select(
        Attributed,
        Device,
        Gen.Byte[1, 255].Array[1, 60],
        Gen.Int[3, 7],
        (entry, device, target, type) =>
            (EntryType)type switch
            {
                EntryType.Symlink => entry with { Type = EntryType.Symlink, LinkTarget = target },
                EntryType.CharacterDevice or EntryType.BlockDevice => entry with { Type = (EntryType)type, Device = device },
                _ => entry with { Type = (EntryType)type },
            }
    );

    private static readonly Gen<byte[]> Name = Gen
        .Byte.Array[1, 6]
        .Select(bytes =>
        {
            for (var i = 0; i < bytes.Length; i++)
                if (bytes[i] is 0 or (byte)'/' or (byte)'.')
                    bytes[i] = (byte)'-';
            return bytes;
        });

    /// <summary>A tree of up to a hundred entries of every type, root first.</summary>
    public static readonly Gen<CatalogueEntry[]> Tree = Gen.Select(
        Attributed,
        Gen.Select(Name.Array[1, 4], Gen.OneOf(File, Other), Attributed).Array[0, 40],
        (root, leaves) =>
        {
            var entries = new SortedDictionary<RelativePath, CatalogueEntry> { [default] = root };
            foreach (var (names, leaf, directory) in leaves)
                Insert(entries, names, leaf, directory);
            return entries.Values.ToArray();
        }
    );

    /// <summary>A file of a given path, its content one chunk that depends on path and version.</summary>
    public static CatalogueEntry FileAt(string path, int version = 0)
    {
        var digest = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{path} {version}"));
        return new()
        {
            Path = RelativePath.FromText(path),
            Type = EntryType.File,
            Mode = 0x1A4,
            Uid = 1000,
            Gid = 1000,
            ModifiedAt = new(1_700_000_000 + version, 123_456_789),
            Identity = new(new(8, 1), (ulong)digest.A, new(1_700_000_000 + version, 123_456_789)),
            Size = 12_345,
            Content = new(0, 12_345, [new(digest, 12_345)]),
        };
    }

    public static CatalogueEntry DirectoryAt(string path) =>
        new()
        {
            Path = RelativePath.FromText(path),
            Type = EntryType.Directory,
            Mode = 0x1ED,
            Uid = 1000,
            Gid = 1000,
            ModifiedAt = new(1_700_000_000, 0),
        };

    /// <summary>Directories of a hundred files each, in walk order, never held as a whole.</summary>
    public static IEnumerable<CatalogueEntry> Large(int files)
    {
        yield return DirectoryAt("");
        for (var i = 0; i < files; i++)
        {
            if (i % 100 == 0)
                yield return DirectoryAt($"directory-{i / 100:d6}");
            yield return FileAt($"directory-{i / 100:d6}/file-{i % 100:d2}.txt");
        }
    }

    private static CatalogueEntry Sparse(CatalogueEntry entry, int pieces)
    {
        var extents = ImmutableArray.CreateBuilder<Extent>();
        var (rest, end) = (entry.Content.Length, 0L);
        for (var i = 0; i < pieces && rest > 0; i++)
        {
            var length = i == pieces - 1 ? rest : Math.Max(1, rest / 2);
            extents.Add(new(end + 4096, length));
            (rest, end) = (rest - length, end + 4096 + length);
        }
        return entry with { Size = end + 1000, DataExtents = extents.ToImmutable() };
    }

    private static void Insert(
        SortedDictionary<RelativePath, CatalogueEntry> entries,
        byte[][] names,
        CatalogueEntry leaf,
        CatalogueEntry directory
    )
    {
        var path = RelativePath.Root;
        foreach (var name in names[..^1])
        {
            path = path.Append(name);
            if (entries.TryGetValue(path, out var there) && there.Type != EntryType.Directory)
                return;
            entries.TryAdd(path, directory with { Path = path });
        }
        path = path.Append(names[^1]);
        entries.TryAdd(path, leaf with { Path = path });
    }
}
