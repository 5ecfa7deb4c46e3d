using System.Globalization;
using RecoveryVault.Catalogues;

namespace RecoveryVault.Tests.Format;

/// <summary>The inputs of the catalogue vectors: entries written as "name=value" words, and the rules of the large ones.</summary>
internal static class CatalogueVector
{
    public static CatalogueEntry ParseEntry(string line)
    {
        var entry = new CatalogueEntry
        {
            Path = default,
            Type = EntryType.Unknown,
            Mode = 0,
            Uid = 0,
            Gid = 0,
            ModifiedAt = default,
        };
        return line.Split(' ').Select(word => word.Split('=')).Aggregate(entry, (current, word) => With(current, word[0], word[^1]));
    }

    /// <summary>"files" files named f000000, f000001 ... in the root directory.</summary>
    public static IEnumerable<CatalogueEntry> Tree(int files)
    {
        yield return ParseEntry("path= type=Directory mode=755 mtime=0.0");
        for (var i = 0; i < files; i++)
        {
            var name = Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes($"f{i:d6}"));
            yield return ParseEntry($"path={name} type=File mode=644 mtime={i}.{i}");
        }
    }

    /// <summary>Chunk i has the SHA-256 of the u32 i and 1000 + i bytes; 5,000 from the 10,000th are zero chunks.</summary>
    public static IEnumerable<ChunkRef> Chunks(int count) =>
        Enumerable
            .Range(0, count)
            .Select(i =>
                i is >= 10_000 and < 15_000
                    ? new ChunkRef(default, 1000 + i, true)
                    : new ChunkRef(Digest.Of(BitConverter.GetBytes(i)), 1000 + i)
            );

    private static CatalogueEntry With(CatalogueEntry entry, string name, string value) =>
        name switch
        {
            "path" => entry with { Path = new(Convert.FromHexString(value)) },
            "type" => entry with { Type = Enum.Parse<EntryType>(value) },
            "mode" => entry with { Mode = Convert.ToInt32(value, 8) },
            "uid" => entry with { Uid = (uint)Number(value) },
            "gid" => entry with { Gid = (uint)Number(value) },
            "mtime" => entry with { ModifiedAt = Time(value) },
            "size" => entry with { Size = Number(value) },
            "content" => entry with { Content = Content(value.Split(';')) },
            "extents" => entry with { DataExtents = [.. value.Split(',').Select(Extent)] },
            "target" => entry with { LinkTarget = Convert.FromHexString(value) },
            "device" => entry with { Device = Device(value.Split(':')) },
            "xattr" => entry with { ExtendedAttributes = entry.ExtendedAttributes.Add(Attribute(value.Split(':'))) },
            "identity" => entry with { Identity = Identity(value.Split(':')) },
            "linked" => entry with { IsHardLinked = true },
            "error" => entry with { ReadError = (int)Number(value) },
            "changed" => entry with { ChangedWhileRead = true },
            _ => throw new FormatException($"The vector has an unknown word {name}."),
        };

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static FileTime Time(string text) => new(Number(text.Split('.')[0]), (int)Number(text.Split('.')[1]));

    private static DeviceNumber Device(string[] parts) => new((uint)Number(parts[0]), (uint)Number(parts[1]));

    private static Extent Extent(string text) => new(Number(text.Split('+')[0]), Number(text.Split('+')[1]));

    private static FileIdentity Identity(string[] parts) => new(Device(parts), (ulong)Number(parts[2]), Time(parts[3]));

    private static ExtendedAttribute Attribute(string[] parts) => new(Convert.FromHexString(parts[0]), Convert.FromHexString(parts[1]));

    private static ChunkList Content(string[] parts) =>
        new((int)Number(parts[0]), Number(parts[1]), [.. parts[2].Split(',').Select(Reference)]);

    private static ChunkRef Reference(string text)
    {
        var parts = text.Split(':');
        return parts[0] == "zero" ? new(default, (int)Number(parts[1]), true) : new(Digest.Parse(parts[0]), (int)Number(parts[1]));
    }
}
