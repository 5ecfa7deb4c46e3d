using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.DataPath;

/// <summary>Where a chunk lies.</summary>
public readonly record struct ChunkPlace(IndexedPack Pack, FrameEntry Frame);

/// <summary>What is known of a chunk without reading it; the better one is the greater.</summary>
public enum ChunkState
{
    /// <summary>No pack that is there holds it.</summary>
    Missing,

    /// <summary>Its pack ends before it does.</summary>
    CutOff,

    /// <summary>It lies in a pack in which damage was found: it may be whole, but is not relied on any more.</summary>
    Doubtful,

    /// <summary>It lies in a pack that may be deleted at any moment: while it is there it reads, but is not relied on any more.</summary>
    Condemned,

    Stored,
}

/// <summary>
/// Where an item's chunks lie: the sealed index runs in storage, and what was added since the last of them was written. Packs that no
/// readable run names (their session died before its next run, or the run was lost) are read by their footers; chunks in packs that are
/// gone, damaged or condemned are new again, so that the next backup stores them. Safe for concurrent use.
/// </summary>
public sealed partial class ItemIndex : IDisposable
{
    private readonly IBlobStore _store;
    private readonly ItemSecrets _secrets;
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectId, StoredPack> _packs = [];
    private readonly HashSet<ChunkId> _taken = [];
    private readonly Dictionary<ChunkId, ChunkPlace> _added = [];
    private readonly List<StoredRun> _runs = [];
    private readonly List<string> _damagedRuns = [];
    private readonly HashSet<ObjectId> _condemned;
    private readonly HashSet<ObjectId> _unreadable = [];

    private ItemIndex(IBlobStore store, ItemSecrets secrets, IEnumerable<ObjectId> condemned) =>
        (_store, _secrets, _condemned) = (store, secrets, [.. condemned]);

    private readonly record struct StoredPack(long Length, bool IsDamaged);

    private sealed record StoredRun(string Name, IndexRun Run);

    /// <summary>The index runs in storage.</summary>
    public int RunCount
    {
        get
        {
            lock (_gate)
                return _runs.Count;
        }
    }

    /// <summary>Chunks held in memory beside the runs: taken, or stored and not yet in a run.</summary>
    public int UnsavedCount
    {
        get
        {
            lock (_gate)
                return _taken.Count + _added.Count;
        }
    }

    /// <summary>The best place of a chunk.</summary>
    public ChunkState Find(ChunkId chunkId, out ChunkPlace place)
    {
        lock (_gate)
            return FindLocked(chunkId, out place);
    }

    public bool IsStored(ChunkId chunkId) => Find(chunkId, out _) == ChunkState.Stored;

    /// <summary>True when the chunk is neither stored nor on its way.</summary>
    public bool IsNew(ChunkId chunkId)
    {
        lock (_gate)
            return !_taken.Contains(chunkId) && FindLocked(chunkId, out _) != ChunkState.Stored;
    }

    /// <summary>The first to bring a chunk takes it and stores it; false for every other, who has nothing to do.</summary>
    public bool TryTake(ChunkId chunkId)
    {
        lock (_gate)
            return FindLocked(chunkId, out _) != ChunkState.Stored && _taken.Add(chunkId);
    }

    /// <summary>A chunk that was taken is not going to be stored.</summary>
    public void Release(ChunkId chunkId)
    {
        lock (_gate)
            _taken.Remove(chunkId);
    }

    /// <summary>Adds a pack that is stored durably.</summary>
    public void Add(IndexedPack pack, long packLength, IEnumerable<FrameEntry> frames)
    {
        lock (_gate)
        {
            _packs[pack.PackId] = new StoredPack(packLength, IsDamaged: false);
            foreach (var frame in frames)
            {
                _taken.Remove(frame.ChunkId);
                AddLocked(new ChunkPlace(pack, frame));
            }
        }
    }

    private void AddLocked(ChunkPlace place)
    {
        if (!_added.TryGetValue(place.Frame.ChunkId, out var known) || IsBetter(place, known))
            _added[place.Frame.ChunkId] = place;
    }

    /// <summary>
    /// Of a chunk in two packs the better place counts, or a damaged pack could hide what healed it. Of two equal ones always the same,
    /// whoever asks: else of two packs with the same chunks each would be needed for some of them.
    /// </summary>
    private bool IsBetter(in ChunkPlace place, in ChunkPlace known) =>
        StateOf(place) is var state
        && StateOf(known) is var other
        && (state > other || (state == other && place.Pack.PackId.Value.CompareTo(known.Pack.PackId.Value) < 0));

    private ChunkState FindLocked(ChunkId chunkId, out ChunkPlace place)
    {
        var best = _added.TryGetValue(chunkId, out place) ? StateOf(place) : ChunkState.Missing;
        foreach (var stored in _runs)
        {
            if (best == ChunkState.Stored)
                break;
            if (!stored.Run.TryFind(chunkId, out var chunk))
                continue;
            var candidate = new ChunkPlace(stored.Run.Packs[chunk.PackNumber], chunk.Frame);
            if (StateOf(candidate) is var state && state > best)
                (best, place) = (state, candidate);
        }
        return best;
    }

    public void Dispose() => _saving.Dispose();

    private ChunkState StateOf(in ChunkPlace place) =>
        !_packs.TryGetValue(place.Pack.PackId, out var pack) ? ChunkState.Missing
        : (long)place.Frame.Offset + place.Frame.SealedLength > pack.Length ? ChunkState.CutOff
        : pack.IsDamaged ? ChunkState.Doubtful
        : _condemned.Contains(place.Pack.PackId) ? ChunkState.Condemned
        : ChunkState.Stored;
}
