using System.Collections.Immutable;

namespace RecoveryVault.Catalogues;

/// <summary>Reads entries as <see cref="EntryWriter"/> writes them and refuses every other encoding.</summary>
internal static class EntryReader
{
    private const int MaxTag = 1 << 20;

    /// <summary>
    /// Reads one entry with its path; <paramref name="previous"/> is the path before it in the same node, empty for the first.
    /// </summary>
    public static CatalogueEntry Read(ref NodeReader node, RelativePath previous)
    {
        var entry = new CatalogueEntry
        {
            Path = ReadPath(ref node, previous),
            Type = ReadType(ref node),
            Mode = node.Int32(int.MaxValue, "a mode"),
            Uid = node.UInt32("an owner"),
            Gid = node.UInt32("a group"),
            ModifiedAt = ReadTime(ref node),
        };
        entry = ReadAttributes(ref node, entry);
        return EntryRules.Violation(entry) is { } violation ? throw NodeReader.Damaged($"'{entry.Path}' {violation}") : entry;
    }

    private static RelativePath ReadPath(ref NodeReader node, RelativePath previous)
    {
        var shared = node.Int32(previous.Bytes.Length, "a path's shared prefix");
        var suffix = node.Block(RelativePath.MaxLength - shared, "a path");
        var path = new byte[shared + suffix.Length];
        previous.Bytes.Span[..shared].CopyTo(path);
        suffix.CopyTo(path.AsSpan(shared));
        // A writer shares all it can; only then has an entry one encoding.
        if (previous.Bytes.Span.CommonPrefixLength(path) != shared)
            throw NodeReader.Damaged("a path shares less than it could");
        return new(path);
    }

    private static EntryType ReadType(ref NodeReader node)
    {
        var type = (EntryType)node.Byte();
        return type <= EntryType.BlockDevice ? type : throw NodeReader.TooNew($"an entry of type {(int)type}");
    }

    private static CatalogueEntry ReadAttributes(ref NodeReader node, CatalogueEntry entry)
    {
        var attributes = ImmutableArray<ExtendedAttribute>.Empty.ToBuilder();
        for (var last = EntryTag.End; ; )
        {
            var tag = node.Int32(MaxTag, "an attribute's tag");
            if (tag == EntryTag.End)
                return attributes.Count == 0 ? entry : entry with { ExtendedAttributes = attributes.ToImmutable() };
            if (tag < last || (tag == last && tag != EntryTag.ExtendedAttribute))
                throw NodeReader.Damaged("attributes are out of order");
            last = tag;
            var value = new NodeReader(node.Block(ChunkRef.MaxLength, "an attribute"));
            if (tag > EntryTag.ReadAgain)
                continue;
            if (tag == EntryTag.ExtendedAttribute)
                attributes.Add(ReadExtendedAttribute(ref value));
            else
                entry = ReadAttribute(tag, ref value, entry);
            if (!value.AtEnd)
                throw NodeReader.Damaged("an attribute is longer than its value");
        }
    }

    private static CatalogueEntry ReadAttribute(int tag, ref NodeReader value, CatalogueEntry entry) =>
        tag switch
        {
            EntryTag.Size => entry with { Size = NotZero(value.Int64("a size")) },
            EntryTag.Content => entry with { Content = ReadChunkList(ref value) },
            EntryTag.DataExtents => entry with { DataExtents = ReadExtents(ref value) },
            EntryTag.LinkTarget when value.Remaining > 0 => entry with { LinkTarget = ReadRest(ref value) },
            EntryTag.LinkTarget => throw NodeReader.Damaged("a link leads nowhere"),
            EntryTag.Device => entry with { Device = NotZero(ReadDevice(ref value)) },
            EntryTag.Identity => entry with { Identity = new(ReadDevice(ref value), value.Varint(), ReadTime(ref value)) },
            EntryTag.HardLinked => entry with { IsHardLinked = true },
            EntryTag.ReadError => entry with { ReadError = NotZero(value.Int32(int.MaxValue, "an errno")) },
            EntryTag.ChangedWhileRead => entry with { ChangedWhileRead = true },
            EntryTag.ReadAgain => entry with { ReadAgain = true },
            _ => throw NodeReader.TooNew($"an entry with attribute {tag}"),
        };

    private static T NotZero<T>(T value)
        where T : struct, IEquatable<T> =>
        value.Equals(default) ? throw NodeReader.Damaged("an attribute says what its absence says") : value;

    private static ChunkList ReadChunkList(ref NodeReader value)
    {
        var depth = value.Byte();
        var length = NotZero(value.Int64("a content's length"));
        var references = new ChunkRef[value.Int32(ChunkList.MaxInlineRefs, "the number of inline references")];
        foreach (ref var reference in references.AsSpan())
            reference = value.Reference();
        return new(depth, length, [.. references]);
    }

    private static ImmutableArray<Extent> ReadExtents(ref NodeReader value)
    {
        // No less than two bytes each: a lie about their number allocates nothing.
        var extents = new Extent[value.Int32(Math.Min(CatalogueLimits.MaxDataExtents, value.Remaining / 2), "the number of data extents")];
        var end = 0L;
        foreach (ref var extent in extents.AsSpan())
        {
            var offset = value.Varint((ulong)(long.MaxValue - end), "a hole") + (ulong)end;
            extent = new((long)offset, (long)value.Varint(long.MaxValue - offset, "an extent"));
            end = extent.Offset + extent.Length;
        }
        return [.. extents];
    }

    private static ExtendedAttribute ReadExtendedAttribute(ref NodeReader value) =>
        new(value.Block(CatalogueLimits.MaxExtendedAttributeBytes, "an attribute's name").ToArray(), ReadRest(ref value));

    private static ReadOnlyMemory<byte> ReadRest(ref NodeReader value) => value.Bytes(value.Remaining).ToArray();

    private static DeviceNumber ReadDevice(ref NodeReader value) =>
        new(value.UInt32("a device's major number"), value.UInt32("a device's minor number"));

    private static FileTime ReadTime(ref NodeReader value) => new(value.Zigzag(), value.Int32(int.MaxValue, "nanoseconds"));
}
