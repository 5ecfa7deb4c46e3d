using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class RecordEnvelopeTests
{
    private static readonly byte[] Payload = """{"seq":1,"note":"a ring"}"""u8.ToArray();
    private static readonly byte[] Record = RecordEnvelope.Seal(RecordType.Ring, FormatSamples.Platform, Payload);

    [Fact]
    public void Open_AfterAnyDamage_IsBitRot() =>
        Mutation
            .Gen.Array[1, 3]
            .Sample(
                mutations =>
                {
                    var damaged = Mutation.Apply(Record, mutations);
                    if (damaged.AsSpan().SequenceEqual(Record))
                        return;
                    FormatSamples.AssertFault(FormatFault.BitRot, () => Open(damaged));
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void Open_AfterEveryBitFlippedAndTheChecksumRepaired_IsTheFaultOfItsPlace()
    {
        for (var bit = 0; bit < (Record.Length - 16) * 8; bit++)
        {
            var bytes = FormatSamples.RepairChecksum(FormatSamples.FlipBit(Record, bit));
            var expected = (bit / 8) switch
            {
                < 8 => FormatFault.Malformed,
                8 or 9 => bytes[8] == 0 ? FormatFault.Malformed : FormatFault.TooNew,
                10 => FormatFault.Tampered,
                11 => FormatFault.Malformed,
                < 16 => FormatFault.WrongKey,
                < 20 => FormatFault.Malformed,
                _ => FormatFault.Tampered,
            };
            FormatSamples.AssertFault(expected, () => Open(bytes));
        }
    }

    [Fact]
    public void Open_AsAnotherType_IsTampered()
    {
        foreach (var type in Enum.GetValues<RecordType>())
        {
            var record = RecordEnvelope.Seal(type, FormatSamples.Platform, Payload);
            foreach (var other in Enum.GetValues<RecordType>().Where(other => other != type))
            {
                FormatSamples.AssertFault(FormatFault.Tampered, () => Open(record, other));
                // Nor with its type byte changed: each type's MAC has a key of its own.
                var renamed = record.ToArray();
                renamed[10] = (byte)other;
                FormatSamples.AssertFault(FormatFault.Tampered, () => Open(FormatSamples.RepairChecksum(renamed), other));
            }
        }
    }

    [Fact]
    public void Open_OfARecordMadeWithAnotherKeyUnderTheSameId_IsTampered() =>
        FormatSamples.AssertFault(
            FormatFault.Tampered,
            () => Open(RecordEnvelope.Seal(RecordType.Ring, new(7, FormatSamples.Secret(9)), Payload))
        );

    [Fact]
    public void Open_WithoutTheKeyInTheKeyring_IsWrongKey() =>
        FormatSamples.AssertFault(FormatFault.WrongKey, () => RecordEnvelope.Open(Record, RecordType.Ring, _ => null));

    [Fact]
    public void Seal_OfTooLongAPayload_IsRefused() =>
        Assert.Throws<ArgumentException>(() =>
            RecordEnvelope.Seal(RecordType.Ring, FormatSamples.Platform, new byte[RecordEnvelope.MaxPayloadLength + 1])
        );

    [Fact]
    public void Open_AfterSeal_ReturnsThePayload() =>
        Gen.Select(Gen.Byte.Array[0, 500], Gen.Int[1, 5])
            .Sample(
                (payload, type) =>
                {
                    var record = RecordEnvelope.Seal((RecordType)type, FormatSamples.Platform, payload);
                    Assert.Equal(payload, Open(record, (RecordType)type));
                },
                iter: TestScale.Iterations(300)
            );

    /// <summary>
    /// Structure-aware: the mutated head is MACed and summed again by who holds the key, so that everything behind the checks is reached.
    /// </summary>
    [Fact]
    public void Open_OfAForgedHead_IsRefusedOrReturnsItsPayload() =>
        Mutation
            .Gen.Array[1, 3]
            .Fuzz(
                mutations =>
                {
                    var head = Mutation.Apply(Record[..^48], mutations);
                    var forged = FormatSamples.RepairChecksum([.. head, .. Mac(head), .. new byte[16]]);
                    try
                    {
                        var payload = Open(forged);
                        Assert.Equal(head[20..], payload);
                        Assert.Equal(head.Length - 20, BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(16)));
                    }
                    catch (FormatFaultException) { }
                },
                20_000
            );

    private static byte[] Open(byte[] record, RecordType type = RecordType.Ring) =>
        RecordEnvelope.Open(record, type, id => id == FormatSamples.Platform.Id ? FormatSamples.Platform : null);

    private static byte[] Mac(byte[] head)
    {
        var key = new byte[32];
        byte[] info = [.. "recoveryvault/1/record"u8, (byte)RecordType.Ring];
        HKDF.Expand(HashAlgorithmName.SHA256, FormatSamples.Platform.Secret.Span, key, info);
        return HMACSHA256.HashData(key, head);
    }
}
