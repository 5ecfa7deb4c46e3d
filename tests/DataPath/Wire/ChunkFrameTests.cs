using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Tests.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DataPath.Wire;

public sealed class ChunkFrameTests
{
    private static readonly Digest SomeDigest = Digest.Of("some"u8);

    public static TheoryData<int, int, int, bool> Unacceptable =>
        new()
        {
            { 5, 1, 0, false },
            { -1, 1, 0, false },
            { (int)ChunkFrameType.Content, 0, 0, true },
            { (int)ChunkFrameType.Content, -1, 0, true },
            { (int)ChunkFrameType.Content, ChunkRef.MaxLength + 1, 0, true },
            { (int)ChunkFrameType.Content, int.MaxValue, 0, true },
            { (int)ChunkFrameType.Content, 1, 1, true },
            { (int)ChunkFrameType.Zeros, 1, 0, true },
            { (int)ChunkFrameType.Zeros, 0, 0, false },
            { (int)ChunkFrameType.Damage, 1, 0, true },
            { (int)ChunkFrameType.Damage, 1, ChunkFrame.MaxCodeLength + 1, true },
            { (int)ChunkFrameType.Damage, 1, -5, true },
            { (int)ChunkFrameType.Failure, 0, DataPlaneProtocol.MaxErrorBytes + 1, false },
            { (int)ChunkFrameType.Failure, 1, 5, false },
            { (int)ChunkFrameType.End, DataPlaneProtocol.MaxFrames + 1, 0, false },
            { (int)ChunkFrameType.End, -1, 0, false },
            { (int)ChunkFrameType.End, 0, 0, true },
        };

    [Theory]
    [MemberData(nameof(Unacceptable))]
    public void Read_HeaderBeyondWhatItsTypeAllows_IsAFault(int type, int length, int textLength, bool hasDigest)
    {
        var header = WireSamples.Header(new ChunkFrame((ChunkFrameType)type, hasDigest ? SomeDigest : default, length, textLength));
        Assert.Throws<WireFaultException>(() => ChunkFrame.Read(header));
    }

    [Fact]
    public async Task ReadAsync_EndCountsOthers_IsAFault()
    {
        using var stream = new MemoryStream(WireSamples.Header(ChunkFrame.End(1)));
        var fault = await Assert.ThrowsAsync<WireFaultException>(() => WireSamples.ReadAllAsync(stream));
        Assert.Equal(WireFault.Malformed, fault.Fault);
    }

    [Fact]
    public async Task ReadAsync_MoreFramesThanAllowed_IsAFault()
    {
        var zeros = WireSamples.Header(new ChunkFrame(ChunkFrameType.Zeros, default, 1, 0));
        using var stream = new MemoryStream([.. Enumerable.Repeat(zeros, DataPlaneProtocol.MaxFrames + 1).SelectMany(header => header)]);
        var fault = await Assert.ThrowsAsync<WireFaultException>(() => WireSamples.ReadAllAsync(stream));
        Assert.Equal(WireFault.TooLarge, fault.Fault);
    }

    [Fact]
    public async Task ReadAsync_MoreBytesThanAllowed_IsAFaultBeforeTheyAreRead()
    {
        var zeros = WireSamples.Header(new ChunkFrame(ChunkFrameType.Zeros, default, ChunkRef.MaxLength, 0));
        using var stream = new MemoryStream([
            .. Enumerable.Repeat(zeros, (DataPlaneProtocol.MaxFrameBytes / ChunkRef.MaxLength) + 1).SelectMany(header => header),
        ]);
        var fault = await Assert.ThrowsAsync<WireFaultException>(() => WireSamples.ReadAllAsync(stream));
        Assert.Equal(WireFault.TooLarge, fault.Fault);
    }

    [Fact]
    public async Task ReadAsync_CutAnywhere_IsTruncated() =>
        await WireSamples
            .Stream.Where(sample => sample.Bytes.Length < 2000)
            .SampleAsync(
                async sample =>
                {
                    for (var length = 0; length < sample.Bytes.Length; length += 7)
                    {
                        using var stream = new MemoryStream(sample.Bytes[..length]);
                        var fault = await Assert.ThrowsAsync<WireFaultException>(() => WireSamples.ReadAllAsync(stream));
                        Assert.Equal(WireFault.Truncated, fault.Fault);
                    }
                },
                iter: TestScale.Iterations(50)
            );

    [Fact]
    public async Task ReadAsync_MutatedBytes_EndInFramesOrAFaultAndLittleMemory() =>
        await Gen.Select(WireSamples.Stream, Mutation.Gen.List[1, 4])
            .FuzzAsync(
                async input =>
                {
                    using var stream = new MemoryStream(Mutation.Apply(input.Item1.Bytes, input.Item2));
                    try
                    {
                        await WireSamples.ReadAllAsync(stream);
                    }
                    catch (WireFaultException)
                    {
                        // The one way to say no.
                    }
                },
                count: 3000
            );

    [Fact]
    public async Task ReadAsync_WhateverPiecesItComesIn_FindsWhatWasWritten() =>
        await Gen.Select(WireSamples.Stream, Gen.Int[1, 50])
            .SampleAsync(
                async input =>
                {
                    using var stream = new DribblingStream(input.Item1.Bytes, input.Item2);
                    Assert.Equal(input.Item1.Frames, await WireSamples.ReadAllAsync(stream));
                },
                iter: TestScale.Iterations(300)
            );

    [Fact]
    public void Header_FixedFrame_HasTheSpecifiedBytes()
    {
        var header = WireSamples.Header(new ChunkFrame(ChunkFrameType.Damage, Digest.Parse(new string('a', 64)), 0x010203, 9));
        Assert.Equal($"03000000{new string('a', 64)}0302010009000000", Convert.ToHexStringLower(header));
    }
}
