using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Tests.Style;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// Everything that can be done to an object without its keys, and the one fault each must give; never a byte of plaintext.
/// </summary>
public sealed class SealedObjectTamperTests
{
    private static readonly byte[][] Plaintexts =
    [
        [.. Enumerable.Repeat((byte)'a', 500)],
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [9],
    ];
    private static readonly DataKey Dek = FormatSamples.Dek();
    private static readonly byte[] Pack = FormatSamples.Pack(Dek, null, Plaintexts);
    private static readonly byte[] Doubled = FormatSamples.Pack(Dek, FormatSamples.Platform, Plaintexts);

    [Fact]
    public void Open_AfterAnyFlippedBit_IsBitRot() =>
        Gen.Select(Gen.Long[0, (4096 * 8) - 1], Gen.Bool)
            .Sample(
                (bit, infrastructure) =>
                {
                    var flipped = FormatSamples.FlipBit(infrastructure ? Doubled : Pack, bit);
                    FormatSamples.AssertFault(FormatFault.BitRot, () => Open(flipped));
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void Open_AfterEveryByteChangedAndTheTrailerRepaired_IsTheFaultOfItsPlace()
    {
        foreach (var original in new[] { Pack, Doubled })
        {
            for (var place = 0; place < original.Length - 32; place++)
            {
                var bytes = FormatSamples.FlipBit(original, (place * 8L) + (place % 8));
                FormatSamples.AssertFault(Expected(original, place, bytes), () => Open(FormatSamples.Repair(bytes)));
            }
        }
    }

    /// <summary>Ids and commitment are checked before there is anything to try a tag on.</summary>
    [Fact]
    public void Reader_OfAChangedHeader_IsRefusedAtOnce()
    {
        for (var place = 0; place < ObjectHeader.SizeBytes; place++)
        {
            var header = FormatSamples.FlipBit(Pack, place * 8L)[..ObjectHeader.SizeBytes];
            FormatSamples.AssertFault(Expected(Pack, place, header), () => Reader(header).Dispose());
        }
    }

    [Fact]
    public void Open_AfterAnyLengthCutOrAdded_IsBitRot() =>
        Gen.Int[0, Pack.Length - 1]
            .Sample(
                length =>
                {
                    FormatSamples.AssertFault(FormatFault.BitRot, () => Open(Pack[..length]));
                    FormatSamples.AssertFault(FormatFault.BitRot, () => Open([.. Pack, .. Pack[..(length + 1)]]));
                },
                iter: TestScale.Iterations(500)
            );

    [Fact]
    public void Open_AfterALengthCutOrAddedAndTheTrailerRepaired_IsTampered() =>
        Gen.Int[ObjectHeader.SizeBytes + 64, Pack.Length - 1]
            .Sample(
                length =>
                {
                    FormatSamples.AssertFault(FormatFault.Tampered, () => Open(FormatSamples.Repair(Pack[..length])));
                    FormatSamples.AssertFault(FormatFault.Tampered, () => Open(FormatSamples.Repair([.. Pack, .. Pack[..length]])));
                },
                iter: TestScale.Iterations(500)
            );

    [Fact]
    public void OpenFrame_SwappedWithinTheObject_IsTampered()
    {
        foreach (var original in new[] { Pack, Doubled })
        {
            using var reader = Reader(original);
            var entries = FormatSamples.Footer(reader, original);
            var swapped = original.ToArray();
            Copy(original, entries[1], swapped, entries[2]);
            Copy(original, entries[2], swapped, entries[1]);
            FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(reader, entries[1], swapped));
            FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(reader, entries[2], swapped));
            Assert.Equal(Plaintexts[3], FormatSamples.OpenFrame(reader, entries[3], swapped));
        }
    }

    [Fact]
    public void OpenFrame_TakenFromAnotherObjectOfTheItem_IsTampered()
    {
        var other = FormatSamples.Pack(Dek, null, Plaintexts);
        using var reader = Reader(Pack);
        foreach (var entry in FormatSamples.Footer(reader, Pack))
            FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(reader, entry, other));
    }

    [Fact]
    public void OpenFooter_OrTailTakenFromAnotherObject_IsTampered()
    {
        var other = FormatSamples.Pack(Dek, null, Plaintexts);
        using var reader = Reader(Pack);
        FormatSamples.AssertFault(FormatFault.Tampered, () => reader.OpenTail(other, other.Length));
        var location = reader.OpenTail(Pack, Pack.Length);
        FormatSamples.AssertFault(
            FormatFault.Tampered,
            () => reader.OpenFooter(location, other.AsSpan((int)location.Offset, location.SealedLength))
        );
    }

    [Fact]
    public void OpenFrame_WithAnyWrongFact_IsRefused()
    {
        using var reader = Reader(Pack);
        var entry = FormatSamples.Footer(reader, Pack)[0];
        var wrong = new[]
        {
            (FormatFault.Tampered, entry with { ChunkId = FormatSamples.ChunkIdOf([9, 9]) }),
            (FormatFault.Tampered, entry with { PlaintextLength = entry.PlaintextLength + 1 }),
            (FormatFault.Tampered, entry with { Codec = PayloadCodec.Raw, PlaintextLength = entry.SealedLength - 16 }),
            (FormatFault.Tampered, entry with { Offset = entry.Offset + 1 }),
            (FormatFault.Tampered, entry with { SealedLength = entry.SealedLength + 1 }),
            (FormatFault.Malformed, entry with { SealedLength = 16 }),
            (FormatFault.Malformed, entry with { Codec = (PayloadCodec)2 }),
            (FormatFault.Malformed, entry with { PlaintextLength = (4 << 20) + 1 }),
        };
        foreach (var (fault, fact) in wrong)
            FormatSamples.AssertFault(fault, () => FormatSamples.OpenFrame(reader, fact, Pack));
    }

    [Fact]
    public void OpenFrame_OfWhichTheStoreReturnsLess_IsBitRot()
    {
        using var reader = Reader(Pack);
        var entry = FormatSamples.Footer(reader, Pack)[0];
        FormatSamples.AssertFault(
            FormatFault.BitRot,
            () => reader.OpenFrame(entry, Pack.AsSpan((int)entry.Offset, entry.SealedLength - 1), new byte[entry.PlaintextLength])
        );
    }

    [Fact]
    public void Open_ForAnotherItemOrVault_IsTampered()
    {
        using var item = FormatSamples.Dek(FormatSamples.Vault, ItemId.Create());
        using var vault = FormatSamples.Dek(VaultId.Create(), FormatSamples.Item);
        FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.Open(Pack, item));
        FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.Open(Pack, vault));
    }

    [Fact]
    public void Open_WithAnotherEpochOrPlatformKey_IsWrongKey()
    {
        using var next = FormatSamples.Dek(epoch: 2);
        FormatSamples.AssertFault(FormatFault.WrongKey, () => FormatSamples.Open(Pack, next));
        FormatSamples.AssertFault(FormatFault.WrongKey, () => FormatSamples.Open(Doubled, Dek));
        FormatSamples.AssertFault(FormatFault.WrongKey, () => FormatSamples.Open(Doubled, Dek, new(8, FormatSamples.Platform.Secret)));
    }

    /// <summary>A DEK is checked when it is unwrapped, so an object that commits to another was put there by someone.</summary>
    [Fact]
    public void Open_OfAnObjectSealedUnderAnAttackersKey_IsTampered()
    {
        using var attackers = FormatSamples.Dek(first: 99);
        var forged = FormatSamples.Pack(attackers, null, Plaintexts);
        FormatSamples.AssertFault(FormatFault.Tampered, () => Open(forged));
        // With the true commitment put over the attacker's the header is right, and the first tag is not.
        Pack.AsSpan(0, ObjectHeader.SizeBytes).CopyTo(forged);
        FormatSamples.AssertFault(FormatFault.Tampered, () => Open(FormatSamples.Repair(forged)));
    }

    [Fact]
    public void Open_OfADowngradedSuite_IsTampered()
    {
        var bytes = Doubled.ToArray();
        bytes[10] = (byte)ObjectSuite.OneLayer;
        bytes.AsSpan(112, 4).Clear();
        FormatSamples.AssertFault(FormatFault.Tampered, () => Open(FormatSamples.Repair(bytes)));
    }

    [Fact]
    public void OpenBody_OfAnotherTypeOrObject_IsTampered()
    {
        var manifest = FormatSamples.Body(ObjectType.Manifest, Dek, [1, 2, 3]);
        var id = ObjectHeader.Read(manifest).ObjectId;
        Assert.Equal([1, 2, 3], SealedBody.Open(manifest, ObjectType.Manifest, id, Dek, null, 100));
        FormatSamples.AssertFault(FormatFault.Tampered, () => SealedBody.Open(manifest, ObjectType.IndexRun, id, Dek, null, 100));
        FormatSamples.AssertFault(
            FormatFault.Tampered,
            () => SealedBody.Open(manifest, ObjectType.Manifest, ObjectId.Create(), Dek, null, 100)
        );
    }

    private static List<byte[]> Open(byte[] pack) => FormatSamples.Open(pack, Dek, FormatSamples.Platform);

    private static SealedObjectReader Reader(byte[] pack) => new(pack, Dek, FormatSamples.Platform);

    private static void Copy(byte[] from, FrameEntry source, byte[] to, FrameEntry destination) =>
        from.AsSpan((int)source.Offset, source.SealedLength).CopyTo(to.AsSpan((int)destination.Offset));

    private static FormatFault Expected(byte[] original, int place, byte[] bytes) =>
        place switch
        {
            < 8 => FormatFault.Malformed,
            8 => bytes[8] == 0 ? FormatFault.Malformed : FormatFault.TooNew,
            9 => FormatFault.TooNew,
            10 => bytes[10] is 0 ? FormatFault.Malformed
            : bytes[10] > 2 ? FormatFault.TooNew
            : FormatFault.WrongKey,
            11 => bytes[11] is 0 ? FormatFault.Malformed
            : bytes[11] > 3 ? FormatFault.TooNew
            : FormatFault.Tampered,
            < 16 => FormatFault.WrongKey,
            < 112 => FormatFault.Tampered,
            < 116 => original[10] == (byte)ObjectSuite.Infrastructure ? FormatFault.WrongKey : FormatFault.Malformed,
            < ObjectHeader.SizeBytes => FormatFault.Malformed,
            _ => FormatFault.Tampered,
        };
}
