using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Reclaim;

/// <summary>What marking holds beside the index.</summary>
public sealed class ReclaimMemoryTests
{
    private const int Chunks = 200_000;
    private const int ChunksOfPack = 1000;

    [Fact]
    public async Task Marks_OfALargeIndex_TakeTwoBitsAnEntry()
    {
        using var secrets = new ItemStage().OpenSecrets();
        using var index = await ItemIndex.LoadAsync(new MemoryBlobStore(), secrets);
        for (var pack = 0; pack < Chunks / ChunksOfPack; pack++)
            index.Add(
                new IndexedPack(new ObjectId(new Bytes32(1, (UInt128)pack)), 1, ObjectSuite.OneLayer, 0),
                1 << 27,
                Enumerable.Range(pack * ChunksOfPack, ChunksOfPack).Select(Frame)
            );
        await index.SaveAsync();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var marks = index.BeginMarks();
        for (var chunk = 0; chunk < Chunks; chunk += 2)
            marks.Need(Frame(chunk).ChunkId, walks: chunk % 3 == 0, out _);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var uses = marks.Uses();

        Assert.InRange(allocated, Chunks / 4, (Chunks / 4) + (64 << 10));
        Assert.Equal(Chunks / ChunksOfPack, uses.Count);
        Assert.All(uses, u => Assert.Equal((ChunksOfPack / 2, ChunksOfPack / 2 * 100L), (u.LiveChunks, u.LiveBytes)));
    }

    [Fact]
    public async Task Need_ContentWithTheBytesOfANode_IsGoneIntoAllTheSame()
    {
        using var secrets = new ItemStage().OpenSecrets();
        using var index = await ItemIndex.LoadAsync(new MemoryBlobStore(), secrets);
        index.Add(new IndexedPack(ObjectId.Create(), 1, ObjectSuite.OneLayer, 0), 1 << 20, [Frame(1), Frame(2)]);
        var unsaved = index.BeginMarks();
        await index.SaveAsync();

        foreach (var marks in new[] { unsaved, index.BeginMarks() })
        {
            Assert.Equal((ChunkState.Stored, true), (marks.Need(Frame(1).ChunkId, walks: false, out var isFirst), isFirst));
            // Whoever puts a node's bytes into a file must not keep what the node names from being marked.
            Assert.Equal((ChunkState.Stored, true), (marks.Need(Frame(1).ChunkId, walks: true, out isFirst), isFirst));
            Assert.Equal((ChunkState.Stored, false), (marks.Need(Frame(1).ChunkId, walks: true, out isFirst), isFirst));
            Assert.Equal((ChunkState.Missing, true), (marks.Need(Frame(3).ChunkId, walks: true, out isFirst), isFirst));
            Assert.Equal(1, Assert.Single(marks.Uses()).LiveChunks);
        }
    }

    private static FrameEntry Frame(int number) =>
        new(
            (uint)(number % ChunksOfPack),
            new ChunkId(new Bytes32(0, (UInt128)number)),
            128 + ((uint)(number % ChunksOfPack) * 100),
            100,
            84,
            PayloadCodec.Raw
        );
}
