using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// Parts of arbitrary authentic objects put together anew, trailers repaired: a frame opens in its own object and place or nowhere.
/// </summary>
public sealed class SealedObjectSwapTests
{
    private static readonly DataKey Dek = FormatSamples.Dek();
    private static readonly DataKey OtherItem = FormatSamples.Dek(FormatSamples.Vault, ItemId.Parse(new string('7', 32)));

    private static readonly Gen<(byte[] Pack, PlatformKey? Platform, int From, int To)> Packs = Gen.Select(
        FormatSamples.Plaintext.Array[2, 8],
        Gen.Bool,
        Gen.Int[0, 7],
        Gen.Int[1, 7],
        (plaintexts, infrastructure, from, step) =>
        {
            var platform = infrastructure ? FormatSamples.Platform : null;
            from %= plaintexts.Length;
            var to = (from + 1 + (step % (plaintexts.Length - 1))) % plaintexts.Length;
            return (FormatSamples.Pack(Dek, platform, plaintexts), platform, from, to);
        }
    );

    [Fact]
    public void OpenFrame_InThePlaceOfAnotherFrame_IsTampered() =>
        Packs.Sample(
            (pack, platform, from, to) =>
            {
                using var reader = new SealedObjectReader(pack, Dek, platform);
                var entries = FormatSamples.Footer(reader, pack);
                var moved = entries[to] with { Offset = entries[from].Offset };
                var renamed = entries[to] with { ChunkId = FormatSamples.ChunkIdOf([1, 2, 3]) };
                FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(reader, moved, [.. pack, .. pack]));
                FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(reader, renamed, pack));
            },
            iter: TestScale.Iterations(500)
        );

    [Fact]
    public void OpenFrame_MovedToAnotherObject_IsTampered() =>
        Gen.Select(Packs, FormatSamples.Plaintext.Array[1, 4], Gen.Bool)
            .Sample(
                (sample, others, sameItem) =>
                {
                    var (pack, platform, from, _) = sample;
                    var dek = sameItem ? Dek : OtherItem;
                    var other = FormatSamples.Pack(dek, platform, others);
                    using var reader = new SealedObjectReader(pack, Dek, platform);
                    using var otherReader = new SealedObjectReader(other, dek, platform);
                    var entry = FormatSamples.Footer(reader, pack)[from];
                    FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.OpenFrame(otherReader, entry, pack));
                },
                iter: TestScale.Iterations(500)
            );

    [Fact]
    public void Open_WithAnothersHeaderOrEnd_IsTampered() =>
        Gen.Select(Packs, Gen.Bool, Gen.Bool)
            .Sample(
                (sample, header, same) =>
                {
                    var (pack, platform, _, _) = sample;
                    using var reader = new SealedObjectReader(pack, Dek, platform);
                    var plaintexts = FormatSamples.Open(pack, Dek, platform).ToArray();
                    // The same plaintexts sealed again: equal in every length, so that only the keys differ.
                    var other = FormatSamples.Pack(same ? Dek : OtherItem, platform, plaintexts);
                    var seam = header ? ObjectHeader.SizeBytes : (int)reader.OpenTail(pack, pack.Length).Offset;
                    byte[] spliced = header ? [.. other[..seam], .. pack[seam..]] : [.. pack[..seam], .. other[seam..]];
                    FormatSamples.AssertFault(FormatFault.Tampered, () => FormatSamples.Open(FormatSamples.Repair(spliced), Dek, platform));
                },
                iter: TestScale.Iterations(500)
            );
}
