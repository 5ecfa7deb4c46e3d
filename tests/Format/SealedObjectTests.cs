using System.Buffers;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class SealedObjectTests
{
    private static readonly ChunkId Id = FormatSamples.ChunkIdOf([1]);

    [Theory]
    [InlineData(0, PayloadCodec.Raw, 0)]
    [InlineData(-1, PayloadCodec.Raw, -1)]
    [InlineData(10, PayloadCodec.Raw, 9)]
    [InlineData(10, PayloadCodec.Zstd, 10)]
    [InlineData(10, PayloadCodec.Zstd, 0)]
    [InlineData(10, (PayloadCodec)2, 5)]
    [InlineData((4 << 20) + 1, PayloadCodec.Raw, (4 << 20) + 1)]
    public void Reserve_OfImpossibleLengths_IsRefused(int plaintextLength, PayloadCodec codec, int payloadLength)
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        Assert.Throws<ArgumentException>(() => writer.Reserve(Id, plaintextLength, codec, payloadLength));
        Assert.Empty(writer.Entries);
    }

    [Fact]
    public void Seal_Twice_IsRefused()
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        var frame = writer.Reserve(Id, 5, PayloadCodec.Raw, 5);
        frame.Seal("first"u8);
        Assert.Throws<InvalidOperationException>(() => frame.Seal("other"u8));
        Assert.Equal("first"u8, FormatSamples.Open(writer.Finish().ToArray(), dek)[0]);
    }

    [Fact]
    public void Seal_OfAnotherLengthThanReserved_IsRefused()
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        var frame = writer.Reserve(Id, 5, PayloadCodec.Raw, 5);
        Assert.Throws<ArgumentException>(() => frame.Seal("four"u8));
        frame.Seal("fives"u8);
    }

    [Fact]
    public void Finish_WithAnUnsealedFrame_IsRefused()
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        var frame = writer.Reserve(Id, 5, PayloadCodec.Raw, 5);
        Assert.Throws<InvalidOperationException>(() => writer.Finish());
        frame.Seal("fives"u8);
        writer.Finish();
    }

    [Fact]
    public void Writer_OnceFinished_TakesNothingMore()
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        writer.Finish();
        Assert.Throws<InvalidOperationException>(() => writer.Reserve(Id, 5, PayloadCodec.Raw, 5));
        Assert.Throws<InvalidOperationException>(() => writer.Finish());
    }

    [Fact]
    public void Writer_OnceDisposed_RefusesAll()
    {
        using var dek = FormatSamples.Dek();
        var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        var frame = writer.Reserve(Id, 5, PayloadCodec.Raw, 5);
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Seal("fives"u8));
        Assert.Throws<ObjectDisposedException>(() => writer.Reserve(Id, 5, PayloadCodec.Raw, 5));
        Assert.Throws<ObjectDisposedException>(() => writer.Finish());
    }

    [Fact]
    public void Reserve_BeyondTheLargestObject_IsRefused()
    {
        using var dek = FormatSamples.Dek();
        using var writer = new SealedObjectWriter(ObjectType.Pack, dek);
        while (writer.Length <= ObjectLayout.MaxLength - (5 << 20))
            writer.Reserve(Id, 4 << 20, PayloadCodec.Raw, 4 << 20);
        Assert.Throws<InvalidOperationException>(() =>
        {
            for (var i = 0; i < 3; i++)
                writer.Reserve(Id, 4 << 20, PayloadCodec.Raw, 4 << 20);
        });
        Assert.True(writer.Length <= ObjectLayout.MaxLength);
    }

    [Fact]
    public void Open_AfterSeal_ReturnsThePlaintexts() =>
        Gen.Select(FormatSamples.Plaintext.Array[0, 30], Gen.Bool)
            .Sample(
                (plaintexts, infrastructure) =>
                {
                    using var dek = FormatSamples.Dek();
                    var platform = infrastructure ? FormatSamples.Platform : null;
                    Assert.Equal(plaintexts, FormatSamples.Open(FormatSamples.Pack(dek, platform, plaintexts), dek, platform));
                },
                iter: TestScale.Iterations(300)
            );

    [Fact]
    public void OpenFrame_ByIndexEntryAlone_ReturnsThePlaintext() =>
        Gen.Select(FormatSamples.Plaintext, Gen.Bool)
            .Sample(
                (plaintext, infrastructure) =>
                {
                    using var dek = FormatSamples.Dek();
                    var platform = infrastructure ? FormatSamples.Platform : null;
                    using var writer = new SealedObjectWriter(ObjectType.Pack, dek, platform);
                    FormatSamples.Add(writer, [1, 2, 3]);
                    var entry = FormatSamples.Add(writer, plaintext);
                    var pack = writer.Finish().ToArray();
                    var header = writer.Header;
                    var indexed = new IndexedPack(header.ObjectId, header.DekEpoch, header.Suite, header.PlatformKeyId);
                    using var reader = SealedObjectReader.ForPack(indexed, dek, platform);
                    Assert.Equal(plaintext, FormatSamples.OpenFrame(reader, entry, pack));
                },
                iter: TestScale.Iterations(100)
            );

    [Fact]
    public void Length_BeforeAndAfterFinish_IsTheSameAndHidesTheContent() =>
        Gen.Select(Gen.Int[1, 70_000].Array[0, 12], Gen.Bool)
            .Sample(
                (lengths, infrastructure) =>
                {
                    using var dek = FormatSamples.Dek();
                    using var writer = new SealedObjectWriter(ObjectType.Pack, dek, infrastructure ? FormatSamples.Platform : null);
                    foreach (var length in lengths)
                        writer.Add(Id, length, PayloadCodec.Raw, new byte[length]);
                    var expected = writer.Length;
                    Assert.Equal(expected, writer.Finish().Length);
                    Assert.Equal(expected, writer.Length);
                    var tags = infrastructure ? 32 : 16;
                    var bare = 128 + lengths.Sum() + (lengths.Length * (tags + 48)) + (4 + tags) + (16 + tags) + 32;
                    var step = expected <= 256 << 10 ? 4096 : 65_536;
                    Assert.Equal(0, expected % step);
                    Assert.InRange(expected - bare, 0, step - 1);
                },
                iter: TestScale.Iterations(200)
            );

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    public void Length_OfFewSmallChunks_DoesNotTellTheirNumber(int count)
    {
        using var dek = FormatSamples.Dek();
        Assert.Equal(4096, FormatSamples.Pack(dek, null, [.. Enumerable.Repeat(new byte[] { 1, 2, 3 }, count)]).Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4 << 20)]
    [InlineData((9 << 20) + 1)]
    public void Body_OfAnyLength_ReadsBack(int length)
    {
        using var dek = FormatSamples.Dek();
        var body = Enumerable.Range(0, length).Select(i => (byte)(i * i >> 7)).ToArray();
        var bytes = FormatSamples.Body(ObjectType.IndexRun, dek, body);
        Assert.True(body.AsSpan().SequenceEqual(SealedBody.Open(bytes, ObjectType.IndexRun, null, dek, null, length)));
        if (length > 0)
        {
            FormatSamples.AssertFault(
                FormatFault.Malformed,
                () => SealedBody.Open(bytes, ObjectType.IndexRun, null, dek, null, length - 1)
            );
        }
    }
}
