using System.Collections.Immutable;

namespace RecoveryVault.Catalogues;

/// <summary>The tags of an entry's attributes. Below <see cref="FirstOptional"/> a reader must know them to restore the entry.</summary>
internal static class EntryTag
{
    public const int End = 0;
    public const int Size = 1;
    public const int Content = 2;
    public const int DataExtents = 3;
    public const int LinkTarget = 4;
    public const int Device = 5;
    public const int ExtendedAttribute = 6;
    public const int Identity = 7;
    public const int HardLinked = 8;
    public const int ReadError = 9;
    public const int ChangedWhileRead = 10;
    public const int FirstOptional = 128;
    public const int ReadAgain = 128;
}

/// <summary>
/// Writes what follows an entry's path. An attribute that says what its absence says is left out: one entry, one encoding.
/// </summary>
internal sealed class EntryWriter
{
    private readonly NodeBuffer _value = new();

    public void Write(NodeBuffer node, CatalogueEntry entry)
    {
        node.Byte((byte)entry.Type);
        node.Varint((ulong)entry.Mode);
        node.Varint(entry.Uid);
        node.Varint(entry.Gid);
        WriteTime(node, entry.ModifiedAt);
        WriteContent(node, entry);
        if (!entry.LinkTarget.IsEmpty)
            WriteAttribute(node, EntryTag.LinkTarget, entry.LinkTarget.Span);
        if (entry.Device != default)
            WriteAttribute(node, EntryTag.Device, entry.Device, WriteDevice);
        foreach (var attribute in entry.ExtendedAttributes)
            WriteAttribute(node, EntryTag.ExtendedAttribute, attribute, WriteExtendedAttribute);
        if (entry.Identity is { } identity)
            WriteAttribute(node, EntryTag.Identity, identity, WriteIdentity);
        if (entry.IsHardLinked)
            WriteAttribute(node, EntryTag.HardLinked, []);
        if (entry.ReadError != 0)
            WriteAttribute(node, EntryTag.ReadError, entry.ReadError, static (value, errno) => value.Varint((ulong)errno));
        if (entry.ChangedWhileRead)
            WriteAttribute(node, EntryTag.ChangedWhileRead, []);
        if (entry.ReadAgain)
            WriteAttribute(node, EntryTag.ReadAgain, []);
        node.Varint(EntryTag.End);
    }

    private void WriteContent(NodeBuffer node, CatalogueEntry entry)
    {
        if (entry.Size != 0)
            WriteAttribute(node, EntryTag.Size, entry.Size, static (value, size) => value.Varint((ulong)size));
        if (entry.Content.Length != 0)
            WriteAttribute(node, EntryTag.Content, entry.Content, WriteChunkList);
        if (entry.DataExtents is { } extents)
            WriteAttribute(node, EntryTag.DataExtents, extents, WriteExtents);
    }

    private void WriteAttribute<T>(NodeBuffer node, int tag, T attribute, Action<NodeBuffer, T> write)
    {
        _value.Clear();
        write(_value, attribute);
        WriteAttribute(node, tag, _value.Span);
    }

    private static void WriteAttribute(NodeBuffer node, int tag, ReadOnlySpan<byte> value)
    {
        node.Varint((ulong)tag);
        node.Block(value);
    }

    private static void WriteChunkList(NodeBuffer value, ChunkList list)
    {
        value.Byte((byte)list.Depth);
        value.Varint((ulong)list.Length);
        value.Varint((ulong)list.Refs.Length);
        foreach (var reference in list.Refs)
            value.Reference(reference);
    }

    private static void WriteExtents(NodeBuffer value, ImmutableArray<Extent> extents)
    {
        value.Varint((ulong)extents.Length);
        var end = 0L;
        foreach (var extent in extents)
        {
            value.Varint((ulong)(extent.Offset - end));
            value.Varint((ulong)extent.Length);
            end = extent.Offset + extent.Length;
        }
    }

    private static void WriteDevice(NodeBuffer value, DeviceNumber device)
    {
        value.Varint(device.Major);
        value.Varint(device.Minor);
    }

    private static void WriteExtendedAttribute(NodeBuffer value, ExtendedAttribute attribute)
    {
        value.Block(attribute.Name.Span);
        value.Bytes(attribute.Value.Span);
    }

    private static void WriteIdentity(NodeBuffer value, FileIdentity identity)
    {
        WriteDevice(value, identity.Device);
        value.Varint(identity.Inode);
        WriteTime(value, identity.ChangedAt);
    }

    private static void WriteTime(NodeBuffer value, FileTime time)
    {
        value.Zigzag(time.Seconds);
        value.Varint((ulong)time.Nanoseconds);
    }
}
