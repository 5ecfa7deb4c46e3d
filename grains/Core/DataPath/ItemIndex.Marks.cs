using System.Collections;
using RecoveryVault.Format;

namespace RecoveryVault.DataPath;

public sealed partial class ItemIndex
{
    /// <summary>Begins to mark which chunks are needed; what is indexed later is not in the marks.</summary>
    public Marks BeginMarks()
    {
        lock (_gate)
            return new Marks(this);
    }

    /// <summary>
    /// Which chunks of an index are needed: two bits for each entry. Every chunk counts for one place, the best; of equal places always for
    /// the same. Not safe for concurrent use.
    /// </summary>
    public sealed class Marks
    {
        private readonly ItemIndex _index;
        private readonly StoredRun[] _runs;
        private readonly Dictionary<ChunkId, ChunkPlace> _added;
        private readonly BitArray[] _needed;
        private readonly BitArray[] _walked;
        private readonly HashSet<ChunkId> _neededAdded = [];
        private readonly HashSet<ChunkId> _walkedAdded = [];
        private readonly HashSet<ObjectId> _cut = [];

        internal Marks(ItemIndex index)
        {
            (_index, _runs, _added) = (index, [.. index._runs], index._added.ToDictionary());
            _needed = [.. _runs.Select(r => new BitArray(r.Run.Count))];
            _walked = [.. _runs.Select(r => new BitArray(r.Run.Count))];
        }

        /// <summary>Marks a chunk as needed and returns its state; false for <see cref="ChunkState.Missing"/>.</summary>
        /// <param name="chunkId">Which.</param>
        /// <param name="walks">Whether the caller goes on to what it names.</param>
        /// <param name="isFirst">
        /// True when it was not marked so before. Content that has the bytes of a node is content all the same: it does not count
        /// as walked.
        /// </param>
        public ChunkState Need(ChunkId chunkId, bool walks, out bool isFirst)
        {
            lock (_index._gate)
            {
                var (run, at, place) = Best(chunkId);
                var state = at < 0 ? ChunkState.Missing : _index.StateOf(place);
                isFirst = at < 0 || Set(run, at, chunkId, walks);
                if (state == ChunkState.CutOff)
                    _cut.Add(place.Pack.PackId);
                return state;
            }
        }

        /// <summary>All packs that are stored, and what of them is needed.</summary>
        public IReadOnlyList<PackUse> Uses()
        {
            lock (_index._gate)
            {
                Dictionary<ObjectId, (int Chunks, long Bytes)> live = [];
                foreach (var place in NeededPlaces())
                {
                    var (chunks, bytes) = live.GetValueOrDefault(place.Pack.PackId);
                    live[place.Pack.PackId] = (chunks + 1, bytes + place.Frame.SealedLength);
                }
                return [.. _index._packs.Select(pack => UseOf(pack.Key, pack.Value, live.GetValueOrDefault(pack.Key)))];
            }
        }

        /// <summary>The needed chunks of some packs, in the order of the packs' bytes.</summary>
        public IReadOnlyDictionary<ObjectId, List<ChunkPlace>> PlacesIn(IReadOnlySet<ObjectId> packs)
        {
            lock (_index._gate)
                return NeededPlaces()
                    .Where(p => packs.Contains(p.Pack.PackId))
                    .GroupBy(p => p.Pack.PackId)
                    .ToDictionary(g => g.Key, g => g.OrderBy(p => p.Frame.Offset).ToList());
        }

        private PackUse UseOf(ObjectId packId, StoredPack pack, (int Chunks, long Bytes) live) =>
            new(packId, pack.Length)
            {
                Suite = _index._secrets.Suite,
                LiveChunks = live.Chunks,
                LiveBytes = live.Bytes,
                IsDamaged = pack.IsDamaged || _cut.Contains(packId),
                IsCondemned = _index._condemned.Contains(packId),
                IsUnreadable = _index._unreadable.Contains(packId),
            };

        /// <summary>
        /// Where a chunk counts: run and place in it; the run is -1 for what is in none yet, the place for what is nowhere.
        /// </summary>
        private (int Run, int At, ChunkPlace Place) Best(ChunkId chunkId)
        {
            var best = _added.TryGetValue(chunkId, out var added) ? (Run: -1, At: 0, Place: added) : (-1, -1, default);
            for (var run = 0; run < _runs.Length; run++)
            {
                var at = _runs[run].Run.IndexOf(chunkId);
                if (at >= 0 && PlaceAt(run, at) is var place && (best.At < 0 || _index.IsBetter(place, best.Place)))
                    best = (run, at, place);
            }
            return best.At >= 0 && _index.StateOf(best.Place) == ChunkState.Missing ? (-1, -1, default) : best;
        }

        private bool Set(int run, int at, ChunkId chunkId, bool walks)
        {
            if (run < 0)
            {
                var isNew = _neededAdded.Add(chunkId);
                return walks ? _walkedAdded.Add(chunkId) : isNew;
            }
            var isFirst = !(walks ? _walked : _needed)[run][at];
            _needed[run][at] = true;
            _walked[run][at] |= walks;
            return isFirst;
        }

        private IEnumerable<ChunkPlace> NeededPlaces()
        {
            foreach (var chunkId in _neededAdded)
                yield return _added[chunkId];
            for (var run = 0; run < _runs.Length; run++)
            for (var at = 0; at < _needed[run].Length; at++)
                if (_needed[run][at])
                    yield return PlaceAt(run, at);
        }

        private ChunkPlace PlaceAt(int run, int at)
        {
            var chunk = _runs[run].Run[at];
            return new ChunkPlace(_runs[run].Run.Packs[chunk.PackNumber], chunk.Frame);
        }
    }
}
