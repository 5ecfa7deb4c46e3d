using System.Collections.Immutable;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>Reads back what <see cref="TreeRecordWriter"/> wrote.</summary>
public sealed class TreeRecordReader(string path)
{
    private const int BufferBytes = 128 << 10;

    /// <summary>The entries in walk order; of a sparse file the extents are gone, and an empty list tells that it had holes.</summary>
    public IEnumerable<RecordedEntry> Read()
    {
        using var file = new BinaryReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes));
        while (file.BaseStream.Position < file.BaseStream.Length)
            yield return Entry(file);
    }

    private static RecordedEntry Entry(BinaryReader file)
    {
        var entry = new CatalogueEntry
        {
            Path = new(Bytes(file)),
            Type = (EntryType)file.ReadByte(),
            Mode = file.Read7BitEncodedInt(),
            Uid = file.ReadUInt32(),
            Gid = file.ReadUInt32(),
            ModifiedAt = Time(file),
            Size = file.Read7BitEncodedInt64(),
            ReadError = file.Read7BitEncodedInt(),
        };
        var flags = (RecordFlags)file.ReadByte();
        entry = entry with
        {
            Identity = flags.HasFlag(RecordFlags.Identity) ? new FileIdentity(Device(file), file.ReadUInt64(), Time(file)) : null,
            IsHardLinked = flags.HasFlag(RecordFlags.HardLinked),
            DataExtents = flags.HasFlag(RecordFlags.Sparse) ? ImmutableArray<Extent>.Empty : null,
            ChangedWhileRead = flags.HasFlag(RecordFlags.ChangedWhileRead),
            Device = Device(file),
            LinkTarget = Bytes(file),
            ExtendedAttributes = Attributes(file),
        };
        return new(entry, Digest.Read(file.ReadBytes(Digest.SizeBytes)), file.Read7BitEncodedInt64());
    }

    private static byte[] Bytes(BinaryReader file) => file.ReadBytes(file.Read7BitEncodedInt());

    private static FileTime Time(BinaryReader file) => new(file.ReadInt64(), file.ReadInt32());

    private static DeviceNumber Device(BinaryReader file) => new(file.ReadUInt32(), file.ReadUInt32());

    private static ImmutableArray<ExtendedAttribute> Attributes(BinaryReader file)
    {
        var attributes = new ExtendedAttribute[file.Read7BitEncodedInt()];
        for (var i = 0; i < attributes.Length; i++)
            attributes[i] = new(Bytes(file), Bytes(file));
        return [.. attributes];
    }
}
