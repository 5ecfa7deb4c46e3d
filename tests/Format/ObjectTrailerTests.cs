using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class ObjectTrailerTests
{
    private static readonly byte[] Object = FormatSamples.Pack(
        FormatSamples.Dek(),
        null,
        [
            [1, 2, 3],
        ]
    );

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(159)]
    public void Finish_OfWhatIsTooShortForAnObject_IsBitRot(int length) =>
        FormatSamples.AssertFault(FormatFault.BitRot, () => Scrub(new byte[length], length, 7));

    [Fact]
    public void Finish_OfAnyDamage_IsBitRot() =>
        Gen.Select(Mutation.Gen, Gen.Int[1, 5000])
            .Sample(
                (mutation, piece) =>
                {
                    var damaged = Mutation.Apply(Object, [mutation]);
                    if (damaged.AsSpan().SequenceEqual(Object))
                        return;
                    FormatSamples.AssertFault(FormatFault.BitRot, () => Scrub(damaged, damaged.Length, piece));
                },
                iter: TestScale.Iterations(1000)
            );

    [Fact]
    public void Finish_WhenTheStreamIsShorterOrLongerThanSaid_IsBitRot()
    {
        FormatSamples.AssertFault(FormatFault.BitRot, () => Scrub(Object, Object.Length + 1, 100));
        FormatSamples.AssertFault(FormatFault.BitRot, () => Scrub(Object, Object.Length - 1, 100));
    }

    [Fact]
    public void Finish_OfAnIntactObjectInAnyPieces_Passes() =>
        Gen.Int[1, 5000].Sample(piece => Scrub(Object, Object.Length, piece), iter: TestScale.Iterations(300));

    private static void Scrub(byte[] bytes, long length, int piece)
    {
        var scrub = new ObjectScrub(length);
        foreach (var part in bytes.Chunk(piece))
            scrub.Append(part);
        scrub.Finish();
    }
}
