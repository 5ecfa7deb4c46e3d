using System.Buffers.Binary;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Files;

/// <summary>The names of one directory in byte order, without "." and "..": two arrays however many there are.</summary>
internal sealed class DirectoryNames : IComparer<DirectoryNames.Place>
{
    /// <summary>struct linux_dirent64: inode 8, offset 8, record length 2, type 1, then the name, ended by a zero byte.</summary>
    private const int RecordLengthAt = 16;
    private const int NameAt = 19;

    private byte[] _bytes = [];
    private int _used;
    private Place[] _places = [];

    private DirectoryNames() { }

    internal static DirectoryNames None { get; } = new();

    internal int Count { get; private set; }

    internal ReadOnlySpan<byte> this[int index] => Of(_places[index]);

    /// <summary>Lists a directory through a buffer of at least 32 KiB; after an error the names read so far.</summary>
    internal static DirectoryNames Read(Descriptor directory, Span<byte> buffer, out int error)
    {
        var names = new DirectoryNames();
        while ((error = Libc.ReadNames(directory, buffer, out var read)) == 0 && read > 0)
        {
            for (var records = buffer[..read]; !records.IsEmpty; )
            {
                var length = BinaryPrimitives.ReadUInt16LittleEndian(records[RecordLengthAt..]);
                var name = records[NameAt..length];
                names.Add(name[..name.IndexOf((byte)0)]);
                records = records[length..];
            }
        }
        Array.Sort(names._places, 0, names.Count, names);
        names.DropRepeated();
        return names;
    }

    internal int IndexOf(ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = this[middle].SequenceCompareTo(name);
            if (order == 0)
                return middle;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    /// <summary>Only one of the names.</summary>
    internal DirectoryNames Only(int index)
    {
        var one = new DirectoryNames();
        one.Add(this[index]);
        return one;
    }

    public int Compare(Place x, Place y) => Of(x).SequenceCompareTo(Of(y));

    private ReadOnlySpan<byte> Of(Place place) => _bytes.AsSpan(place.Start, place.Length);

    private void Add(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            return;
        if (_bytes.Length - _used < name.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + name.Length + 256));
        if (_places.Length == Count)
            Array.Resize(ref _places, Math.Max(_places.Length * 2, 16));
        name.CopyTo(_bytes.AsSpan(_used));
        _places[Count++] = new(_used, name.Length);
        _used += name.Length;
    }

    /// <summary>A directory that changes while it is listed may tell a name twice.</summary>
    private void DropRepeated()
    {
        var kept = Math.Min(Count, 1);
        for (var i = 1; i < Count; i++)
            if (!Of(_places[i]).SequenceEqual(Of(_places[kept - 1])))
                _places[kept++] = _places[i];
        Count = kept;
    }

    internal readonly record struct Place(int Start, int Length);
}
