using System.Buffers.Binary;
using CsCheck;
using RecoveryVault.Format;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// Objects whose inner parts were changed by someone who holds the keys and sealed them again: the parsers behind the seal stand on their
/// own.
/// </summary>
public sealed class ForgedObjectTests
{
    private const int TailLength = 32;
    private static readonly DataKey Dek = FormatSamples.Dek();
    private static readonly byte[][] Plaintexts =
    [
        [1, 2, 3],
        [.. Enumerable.Repeat((byte)7, 900)],
    ];
    private static readonly byte[] Pack = FormatSamples.Pack(Dek, null, Plaintexts);
    private static readonly ObjectHeader Header = ObjectHeader.Read(Pack);
    private static readonly FooterLocation Location = new SealedObjectReader(Pack, Dek).OpenTail(Pack, Pack.Length);

    [Fact]
    public void Open_OfAMutatedFooter_IsRefusedOrOpensWhatItNames() =>
        Mutation
            .Gen.Array[1, 3]
            .Fuzz(
                mutations =>
                {
                    // Mostly where the entries are: of the padding one byte is like another.
                    var footer = PlaintextFooter();
                    var changed = Mutation.Apply(footer[..110], mutations);
                    byte[] whole = [.. changed, .. footer[110..]];
                    AssertFaultOrOpens(
                        Forge(whole[..Math.Min(whole.Length, footer.Length)], Tail()),
                        FormatFault.Malformed,
                        FormatFault.Tampered
                    );
                },
                5000
            );

    [Fact]
    public void Open_OfAMutatedTail_IsRefusedOrOpensWhatItNames() =>
        Mutation
            .Gen.Array[1, 3]
            .Fuzz(
                mutations =>
                {
                    var tail = Mutation.Apply(Tail(), mutations);
                    Array.Resize(ref tail, 16);
                    AssertFaultOrOpens(Forge(PlaintextFooter(), tail), FormatFault.Malformed, FormatFault.Tampered);
                },
                5000
            );

    [Fact]
    public void OpenFooter_WithAnythingInItsPadding_IsMalformed()
    {
        var footer = PlaintextFooter();
        footer[^1] = 1;
        FormatSamples.AssertFault(FormatFault.Malformed, () => FormatSamples.Open(Forge(footer, Tail()), Dek));
    }

    [Fact]
    public void OpenFooter_OfFramesThatOverlapOrLeaveRoom_IsMalformed()
    {
        // The second entry's offset; the count, so that the last frame belongs to no entry.
        foreach (var place in new[] { 4 + 48 + 32, 0 })
        {
            var footer = PlaintextFooter();
            footer[place]--;
            if (place == 0)
                footer.AsSpan(4 + 48, 48).Clear();
            FormatSamples.AssertFault(FormatFault.Malformed, () => FormatSamples.Open(Forge(footer, Tail()), Dek));
        }
    }

    [Fact]
    public void OpenTail_OfAnObjectThatIsNotPadded_IsMalformed()
    {
        var tail = Tail();
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(8), Location.SealedLength - 1);
        FormatSamples.AssertFault(FormatFault.Malformed, () => FormatSamples.Open(Forge(PlaintextFooter()[..^1], tail), Dek));
    }

    [Fact]
    public void OpenFooter_OfAnAbsurdCount_TakesNoMemoryForIt()
    {
        var footer = PlaintextFooter();
        BinaryPrimitives.WriteUInt32LittleEndian(footer, uint.MaxValue);
        var forged = Forge(footer, Tail());
        var before = GC.GetAllocatedBytesForCurrentThread();
        FormatSamples.AssertFault(FormatFault.Malformed, () => FormatSamples.Open(forged, Dek));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void OpenFrame_OfAnyMutatedCompressedPayload_FillsExactlyItsPlaintextOrNothing() =>
        Gen.Select(FormatSamples.Plaintext, Mutation.Gen.Array[1, 3])
            .Fuzz(
                input =>
                {
                    var (plaintext, mutations) = input;
                    var buffer = new byte[plaintext.Length];
                    if (!PayloadCompression.TryCompress(plaintext, buffer, out var length))
                        return;
                    var payload = Mutation.Apply(buffer[..length], mutations);
                    if (payload.Length == 0 || payload.Length >= plaintext.Length)
                        return;
                    using var writer = new SealedObjectWriter(ObjectType.Pack, Dek);
                    var entry = writer.Add(default, plaintext.Length, PayloadCodec.Zstd, payload);
                    var pack = System.Buffers.BuffersExtensions.ToArray(writer.Finish());
                    using var reader = new SealedObjectReader(pack, Dek);
                    try
                    {
                        Assert.Equal(plaintext.Length, FormatSamples.OpenFrame(reader, entry, pack).Length);
                    }
                    catch (FormatFaultException fault)
                    {
                        Assert.Equal(FormatFault.Malformed, fault.Fault);
                    }
                },
                5000
            );

    /// <summary>A payload that says it becomes 4 MiB stops at the length its frame declares.</summary>
    [Fact]
    public void OpenFrame_OfADecompressionBomb_IsMalformed()
    {
        var buffer = new byte[4 << 20];
        Assert.True(PayloadCompression.TryCompress(new byte[4 << 20], buffer, out var length));
        using var writer = new SealedObjectWriter(ObjectType.Pack, Dek);
        var entry = writer.Add(default, length + 1, PayloadCodec.Zstd, buffer.AsSpan(0, length));
        var pack = System.Buffers.BuffersExtensions.ToArray(writer.Finish());
        using var reader = new SealedObjectReader(pack, Dek);
        FormatSamples.AssertFault(FormatFault.Malformed, () => FormatSamples.OpenFrame(reader, entry, pack));
    }

    private static void AssertFaultOrOpens(byte[] forged, params FormatFault[] faults)
    {
        try
        {
            foreach (var plaintext in FormatSamples.Open(forged, Dek))
                Assert.Contains(Plaintexts, original => original.AsSpan().SequenceEqual(plaintext));
        }
        catch (FormatFaultException fault)
        {
            Assert.Contains(fault.Fault, faults);
        }
    }

    private static byte[] PlaintextFooter()
    {
        using var cipher = new ObjectCipher(Header, Dek, null);
        var footer = new byte[Location.SealedLength - 16];
        cipher.Open(FrameBinding.Footer(footer.Length), Pack.AsSpan((int)Location.Offset, Location.SealedLength), footer);
        return footer;
    }

    private static byte[] Tail()
    {
        var tail = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(tail, Location.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(8), Location.SealedLength);
        return tail;
    }

    private static byte[] Forge(byte[] footer, byte[] tail)
    {
        using var cipher = new ObjectCipher(Header, Dek, null);
        var sealedFooter = new byte[footer.Length + 16];
        cipher.Seal(FrameBinding.Footer(footer.Length), footer, sealedFooter);
        var sealedTail = new byte[TailLength];
        cipher.Seal(FrameBinding.Tail, tail, sealedTail);
        return FormatSamples.Repair([.. Pack[..(int)Location.Offset], .. sealedFooter, .. sealedTail, .. new byte[32]]);
    }
}
