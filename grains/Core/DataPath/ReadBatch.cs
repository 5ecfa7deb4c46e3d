using RecoveryVault.Catalogues;
using RecoveryVault.Format;

namespace RecoveryVault.DataPath;

/// <summary>Chunks that one ranged read of a pack brings, in order of their offsets.</summary>
internal sealed record PackRead(IndexedPack Pack, IReadOnlyList<(ChunkRef Chunk, FrameEntry Frame)> Wanted)
{
    public long Start => Wanted[0].Frame.Offset;

    public int Length => (int)(Wanted[^1].Frame.Offset + Wanted[^1].Frame.SealedLength - Start);
}

/// <summary>
/// The chunks of one request: cut into few ranged reads, each chunk read once however often it is wanted, and handed out in the order asked
/// for. Holds at most what was asked for and the reads in flight. Not safe for concurrent use.
/// </summary>
internal sealed class ReadBatch : IDisposable
{
    /// <summary>One ranged read fetches at most this, in bytes.</summary>
    public const int MaxRead = 8 << 20;

    /// <summary>Bytes between two wanted frames that are read along rather than with a read of their own.</summary>
    public const int MaxGap = 64 << 10;

    private readonly Dictionary<ChunkRef, Wanted> _wanted = [];
    private readonly Queue<PackRead> _unread;
    private readonly Dictionary<PackRead, Task<IReadOnlyList<ChunkContent>>> _inFlight = [];
    private readonly int _readsInFlight;

    private sealed class Wanted
    {
        public int Times { get; set; }

        public PackRead? Read { get; set; }

        public ChunkContent? Content { get; set; }
    }

    public ReadBatch(IReadOnlyList<ChunkRef> chunks, Func<ChunkRef, (ChunkPlace Place, string? Fault)> find, int readsInFlight)
    {
        _readsInFlight = readsInFlight;
        List<(ChunkRef Chunk, ChunkPlace Place)> stored = [];
        foreach (var chunk in chunks)
        {
            if (_wanted.TryGetValue(chunk, out var known))
            {
                known.Times++;
                continue;
            }
            var (place, fault) = chunk.IsZero ? default : find(chunk);
            _wanted[chunk] = new Wanted { Times = 1, Content = chunk.IsZero || fault is not null ? new(chunk, null, fault) : null };
            if (!chunk.IsZero && fault is null)
                stored.Add((chunk, place));
        }
        var reads = Coalesce(stored);
        foreach (var read in reads)
        foreach (var (chunk, _) in read.Wanted)
            _wanted[chunk].Read = read;
        // A dictionary keeps the order of insertion as long as nothing is removed: reads come in the order of first need.
        _unread = new Queue<PackRead>(chunks.Select(c => _wanted[c].Read).OfType<PackRead>().Distinct());
    }

    /// <summary>Starts reads up to the limit, and waits for the one that brings this chunk.</summary>
    public async ValueTask AdvanceAsync(ChunkRef chunk, Func<PackRead, Task<IReadOnlyList<ChunkContent>>> start)
    {
        var wanted = _wanted[chunk];
        if (wanted.Content is not null || wanted.Read is not { } read)
            return;
        while (_inFlight.Count < _readsInFlight && _unread.TryDequeue(out var next))
            _inFlight[next] = start(next);
        var contents = await _inFlight[read];
        _inFlight.Remove(read);
        foreach (var content in contents)
            _wanted[content.Chunk].Content = content;
    }

    /// <summary>The chunk's content, the caller's to dispose.</summary>
    public ChunkContent Take(ChunkRef chunk)
    {
        var wanted = _wanted[chunk];
        wanted.Times--;
        var content = wanted.Content ?? throw new InvalidOperationException("The read did not bring the chunk.");
        if (chunk.IsZero)
            return Zeros(chunk);
        if (wanted.Times > 0)
            return Copy(content);
        wanted.Content = null;
        return content;
    }

    /// <summary>Gives back what nobody took.</summary>
    public void Dispose()
    {
        foreach (var wanted in _wanted.Values)
            wanted.Content?.Dispose();
        foreach (var read in _inFlight.Values)
            _ = ReleaseAsync(read);
    }

    private static List<PackRead> Coalesce(List<(ChunkRef Chunk, ChunkPlace Place)> stored)
    {
        List<PackRead> reads = [];
        foreach (var pack in stored.GroupBy(s => s.Place.Pack))
        {
            List<(ChunkRef Chunk, FrameEntry Frame)> read = [];
            foreach (var (chunk, place) in pack.OrderBy(s => s.Place.Frame.Offset))
            {
                if (read.Count > 0 && !Continues(read[0].Frame, read[^1].Frame, place.Frame))
                {
                    reads.Add(new PackRead(pack.Key, read));
                    read = [];
                }
                read.Add((chunk, place.Frame));
            }
            reads.Add(new PackRead(pack.Key, read));
        }
        return reads;
    }

    internal static bool Continues(FrameEntry first, FrameEntry last, FrameEntry next) =>
        next.Offset - (last.Offset + last.SealedLength) <= MaxGap && next.Offset + next.SealedLength - first.Offset <= MaxRead;

    private static ChunkContent Zeros(ChunkRef chunk)
    {
        var zeros = ChunkBuffers.Shared.Rent(chunk.Length);
        zeros.Memory.Span[..chunk.Length].Clear();
        return new ChunkContent(chunk, zeros);
    }

    private static ChunkContent Copy(ChunkContent content)
    {
        if (content.ErrorCode is not null)
            return new ChunkContent(content.Chunk, null, content.ErrorCode);
        var copy = ChunkBuffers.Shared.Rent(content.Chunk.Length);
        content.Plaintext.CopyTo(copy.Memory);
        return new ChunkContent(content.Chunk, copy);
    }

    private static async Task ReleaseAsync(Task<IReadOnlyList<ChunkContent>> unread)
    {
        await ((Task)unread).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!unread.IsCompletedSuccessfully)
            return;
        foreach (var content in await unread)
            content.Dispose();
    }
}
