using System.IO.Hashing;
using System.Runtime.InteropServices;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>
/// When each item was last backed up, and of which version of its record that is known: some 40 bytes an item, for there may be a million.
/// </summary>
internal sealed class LastBackups
{
    /// <summary>A time that is not older at the look may be that of the next version, too.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>By a hash of the record's name.</summary>
    private readonly Dictionary<ulong, Entry> _entries = [];

    private DateTimeOffset _now;
    private ushort _look;

    private enum State : byte
    {
        NotProtected,
        WithPoint,
        WithoutPoint,
    }

    /// <param name="Version">A hash of what the listing says of the version; 0: it says too little to know it again.</param>
    /// <param name="Seconds">Of Unix time: when the last backup was, or the protection began.</param>
    /// <param name="Look">The last one that listed it.</param>
    private readonly record struct Entry(ulong Version, uint Seconds, ushort Look, State State);

    /// <summary>A look begins; one that was broken off before has left what it read.</summary>
    public void Begin(DateTimeOffset now) => (_now, _look) = (now, (ushort)(_look + 1));

    /// <summary>Whether the version that is listed was read before.</summary>
    public bool Knows(BlobItem blob)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, Hash(blob.Name));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry) || entry.Version == 0 || entry.Version != VersionOf(blob))
            return false;
        entry = entry with { Look = _look };
        return true;
    }

    /// <summary>What a record said that was read after its listing; null: there is none, or none that can be read.</summary>
    public void Note(BlobItem blob, ItemRecord? record)
    {
        var state =
            record is not { Settings.State: ProtectionState.Protected } ? State.NotProtected
            : record.Newest is null ? State.WithoutPoint
            : State.WithPoint;
        // An item that was never backed up has waited since it was protected.
        var last = record?.Newest?.Time ?? record?.Settings?.CreatedAt ?? default;
        var seconds = (uint)Math.Clamp(last.ToUnixTimeSeconds(), 0, uint.MaxValue);
        _entries[Hash(blob.Name)] = new Entry(VersionOf(blob), seconds, _look, state);
    }

    /// <summary>A look has listed everything: what it did not list is gone.</summary>
    public (DateTimeOffset? Oldest, long WithPoint, long WithoutPoint) End()
    {
        uint? oldest = null;
        var (withPoint, withoutPoint) = (0L, 0L);
        foreach (var (name, entry) in _entries)
        {
            if (entry.Look != _look)
                _entries.Remove(name);
            if (entry.Look != _look || entry.State == State.NotProtected)
                continue;
            oldest = oldest is { } known && known <= entry.Seconds ? known : entry.Seconds;
            if (entry.State == State.WithPoint)
                withPoint++;
            else
                withoutPoint++;
        }
        return (oldest is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null, withPoint, withoutPoint);
    }

    public void Clear()
    {
        _entries.Clear();
        _entries.TrimExcess();
    }

    /// <summary>
    /// By the etag; where the listing has none, by time and length, once the time is old enough that another version would have another.
    /// </summary>
    private ulong VersionOf(BlobItem blob)
    {
        if (blob.ETag is { } etag)
            return Hash(etag);
        if (blob.LastModified > _now - Settled)
            return 0;
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes<long>([blob.LastModified.UtcTicks, blob.Length]));
    }

    private static ulong Hash(string text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()));
}
