using System.Buffers.Binary;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class IndexRunTests
{
    private static readonly IndexedPack[] Packs =
    [
        new(new(Bytes32.Parse(new string('a', 64))), 1, ObjectSuite.OneLayer, 0),
        new(new(Bytes32.Parse(new string('b', 64))), 2, ObjectSuite.Infrastructure, 7),
    ];

    private static readonly Gen<IndexedChunk> Chunk = Gen.Select(
        Gen.Int,
        Gen.Int[0, 1],
        Gen.UInt,
        Gen.Int[1, 4 << 20],
        Gen.Int[128, 1 << 27],
        (seed, pack, ordinal, length, offset) =>
        {
            var overhead = pack == 0 ? 16 : 32;
            var id = FormatSamples.ChunkIdOf(BitConverter.GetBytes(seed));
            return length % 2 == 0
                ? new IndexedChunk(pack, new(ordinal, id, (uint)offset, length + overhead, length, PayloadCodec.Raw))
                : new IndexedChunk(pack, new(ordinal, id, (uint)offset, ((length + 1) / 2) + overhead, length + 1, PayloadCodec.Zstd));
        }
    );

    private static readonly Gen<IndexedChunk[]> Chunks = Chunk
        .Array[0, 40]
        .Select(chunks => chunks.DistinctBy(chunk => chunk.Frame.ChunkId).ToArray());

    [Fact]
    public void Encode_OfWhatNoRunHolds_IsRefused()
    {
        var chunk = new IndexedChunk(0, new(0, FormatSamples.ChunkIdOf([1]), 128, 26, 10, PayloadCodec.Raw));
        Assert.Equal(1, IndexRun.Decode(IndexRun.Encode(Packs, [chunk])).Count);
        Assert.Throws<ArgumentException>(() => IndexRun.Encode(Packs, [chunk, chunk]));
        Assert.Throws<ArgumentException>(() => IndexRun.Encode(Packs, [chunk with { PackNumber = 2 }]));
        Assert.Throws<ArgumentException>(() => IndexRun.Encode(Packs, [chunk with { PackNumber = -1 }]));
        Assert.Throws<ArgumentException>(() => IndexRun.Encode(Packs, [chunk with { PackNumber = 1 }]));
        Assert.Throws<ArgumentException>(() => IndexRun.Encode(Packs, [chunk with { Frame = chunk.Frame with { Offset = 127 } }]));
    }

    [Fact]
    public void Decode_OfABrokenRun_IsRefused()
    {
        var chunk = new IndexedChunk(0, new(0, FormatSamples.ChunkIdOf([1]), 128, 26, 10, PayloadCodec.Raw));
        var other = chunk with { Frame = chunk.Frame with { ChunkId = FormatSamples.ChunkIdOf([2]) } };
        var body = IndexRun.Encode(Packs, [chunk, other]);
        var first = 4 + (2 * 44) + 4;
        AssertRefused(FormatFault.Malformed, []);
        AssertRefused(FormatFault.Malformed, body[..^1]);
        AssertRefused(FormatFault.Malformed, [.. body, 0]);
        AssertRefused(FormatFault.Malformed, With(body, 0, 0xff, 0xff, 0xff, 0xff));
        AssertRefused(FormatFault.Malformed, With(body, first - 4, 0xff, 0xff, 0xff, 0xff));
        AssertRefused(FormatFault.Malformed, With(body, 4 + 36, 0));
        AssertRefused(FormatFault.TooNew, With(body, 4 + 36, 3));
        AssertRefused(FormatFault.Malformed, With(body, 4 + 37, 1));
        AssertRefused(FormatFault.Malformed, With(body, 4 + 40, 1));
        AssertRefused(FormatFault.Malformed, With(body, first + 32, 2));
        AssertRefused(FormatFault.Malformed, With(body, first + 53, 1));
        AssertRefused(FormatFault.Malformed, With(body, first + 52, 2));
        AssertRefused(FormatFault.Malformed, With(body, first, body[(first + 56)..(first + 88)]));
        var (one, two) = (body[first..(first + 32)], body[(first + 56)..(first + 88)]);
        AssertRefused(FormatFault.Malformed, With(With(body, first, two), first + 56, one));
    }

    [Fact]
    public void Find_AfterDecode_FindsEveryChunkAndNoOther() =>
        Chunks.Sample(
            chunks =>
            {
                var run = IndexRun.Decode(IndexRun.Encode(Packs, chunks));
                Assert.Equal(Packs, run.Packs);
                Assert.Equal(chunks.Length, run.Count);
                foreach (var chunk in chunks)
                {
                    Assert.True(run.TryFind(chunk.Frame.ChunkId, out var found));
                    Assert.Equal(chunk, found);
                }
                Assert.False(run.TryFind(default, out _));
                Assert.False(run.TryFind(FormatSamples.ChunkIdOf([1, 2, 3]), out _));
                Assert.Equal(
                    chunks.Select(chunk => chunk.Frame.ChunkId.ToString()).Order(StringComparer.Ordinal),
                    Enumerable.Range(0, run.Count).Select(i => run[i].Frame.ChunkId.ToString())
                );
            },
            iter: TestScale.Iterations(300)
        );

    [Fact]
    public void Decode_OfAMutatedRun_IsRefusedOrCanonical() =>
        Gen.Select(Chunks, Mutation.Gen.Array[1, 3])
            .Fuzz(
                input =>
                {
                    var (chunks, mutations) = input;
                    var body = Mutation.Apply(IndexRun.Encode(Packs, chunks), mutations);
                    try
                    {
                        var run = IndexRun.Decode(body);
                        Assert.Equal(body, IndexRun.Encode(run.Packs, Enumerable.Range(0, run.Count).Select(i => run[i])));
                    }
                    catch (FormatFaultException fault)
                    {
                        Assert.True(fault.Fault is FormatFault.Malformed or FormatFault.TooNew);
                    }
                },
                20_000
            );

    [Fact]
    public void Decode_OfAnAbsurdCount_TakesNoMemoryForIt()
    {
        var body = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(body, IndexRun.MaxPacks);
        var before = GC.GetAllocatedBytesForCurrentThread();
        FormatSamples.AssertFault(FormatFault.Malformed, () => IndexRun.Decode(body));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte[] With(byte[] body, int at, params byte[] values)
    {
        var copy = body.ToArray();
        values.CopyTo(copy, at);
        return copy;
    }

    private static void AssertRefused(FormatFault fault, byte[] body) => FormatSamples.AssertFault(fault, () => IndexRun.Decode(body));
}
