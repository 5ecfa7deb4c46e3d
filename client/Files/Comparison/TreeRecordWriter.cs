using RecoveryVault.Catalogues;

namespace RecoveryVault.Files.Comparison;

/// <summary>
/// Writes down what was read, entry by entry in walk order, to a temporary file of this process (a format without a version).
/// </summary>
public sealed class TreeRecordWriter : IDisposable
{
    private const int BufferBytes = 128 << 10;
    private readonly BinaryWriter _out;

    /// <summary>Creates the file, readable by its owner only.</summary>
    public TreeRecordWriter(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = BufferBytes,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _out = new(new FileStream(path, options));
    }

    /// <summary>Adds an entry; paths ascend.</summary>
    public void Append(RecordedEntry recorded)
    {
        var entry = recorded.Entry;
        Bytes(entry.Path.Bytes.Span);
        _out.Write((byte)entry.Type);
        _out.Write7BitEncodedInt(entry.Mode);
        _out.Write(entry.Uid);
        _out.Write(entry.Gid);
        Time(entry.ModifiedAt);
        _out.Write7BitEncodedInt64(entry.Size);
        _out.Write7BitEncodedInt(entry.ReadError);
        _out.Write((byte)Flags(entry));
        if (entry.Identity is { } identity)
        {
            Device(identity.Device);
            _out.Write(identity.Inode);
            Time(identity.ChangedAt);
        }
        Device(entry.Device);
        Bytes(entry.LinkTarget.Span);
        _out.Write7BitEncodedInt(entry.ExtendedAttributes.Length);
        foreach (var attribute in entry.ExtendedAttributes)
        {
            Bytes(attribute.Name.Span);
            Bytes(attribute.Value.Span);
        }
        Span<byte> digest = stackalloc byte[Digest.SizeBytes];
        recorded.Content.WriteTo(digest);
        _out.Write(digest);
        _out.Write7BitEncodedInt64(recorded.AllocatedBytes);
    }

    /// <inheritdoc/>
    public void Dispose() => _out.Dispose();

    private static RecordFlags Flags(CatalogueEntry entry) =>
        (entry.Identity is null ? 0 : RecordFlags.Identity)
        | (entry.IsHardLinked ? RecordFlags.HardLinked : 0)
        | (entry.DataExtents is null ? 0 : RecordFlags.Sparse)
        | (entry.ChangedWhileRead ? RecordFlags.ChangedWhileRead : 0);

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        _out.Write7BitEncodedInt(bytes.Length);
        _out.Write(bytes);
    }

    private void Time(FileTime time)
    {
        _out.Write(time.Seconds);
        _out.Write(time.Nanoseconds);
    }

    private void Device(DeviceNumber device)
    {
        _out.Write(device.Major);
        _out.Write(device.Minor);
    }
}

[Flags]
internal enum RecordFlags : byte
{
    Identity = 1,
    HardLinked = 2,
    Sparse = 4,
    ChangedWhileRead = 8,
}
