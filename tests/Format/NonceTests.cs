using System.Buffers;
using System.Collections.Concurrent;
using CsCheck;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// No key and nonce are ever used for two plaintexts: object ids never repeat, ordinals never repeat in an object, whichever threads seal.
/// </summary>
public sealed class NonceTests
{
    [Fact]
    public async Task Seal_OnManyThreadsAndInAnyOrder_NeverUsesAKeyAndNonceTwice()
    {
        var seen = new ConcurrentDictionary<(ObjectId, ulong), bool>();
        var samples = Gen.Select(FormatSamples.Plaintext.Array[1, 20], Gen.Int[0, 1000], Gen.Bool);
        await samples.SampleAsync(
            async (plaintexts, order, infrastructure) =>
            {
                using var dek = FormatSamples.Dek();
                var platform = infrastructure ? FormatSamples.Platform : null;
                using var writer = new SealedObjectWriter(ObjectType.Pack, dek, platform);
                var frames = plaintexts
                    .Select(plaintext => writer.Reserve(default, plaintext.Length, PayloadCodec.Raw, plaintext.Length))
                    .OrderBy(frame => (frame.Entry.Ordinal * 7919) + order)
                    .ToList();
                await Parallel.ForEachAsync(
                    frames,
                    (frame, _) =>
                    {
                        frame.Seal(plaintexts[frame.Entry.Ordinal]);
                        return ValueTask.CompletedTask;
                    }
                );
                var pack = writer.Finish().ToArray();
                Assert.Equal(plaintexts, FormatSamples.Open(pack, dek, platform));
                var ordinals = writer.Entries.Select(entry => (ulong)entry.Ordinal);
                foreach (var ordinal in ordinals.Append(ObjectLayout.FooterOrdinal).Append(ObjectLayout.TailOrdinal))
                    Assert.True(seen.TryAdd((writer.Header.ObjectId, ordinal), true));
            },
            iter: TestScale.Iterations(200)
        );
    }

    [Fact]
    public void OpenFrame_WithAnyOtherOrdinal_IsRefused()
    {
        using var dek = FormatSamples.Dek();
        var pack = FormatSamples.Pack(dek, null, [.. Enumerable.Range(0, 10).Select(i => new[] { (byte)i, (byte)1 })]);
        using var reader = new SealedObjectReader(pack, dek);
        var entries = FormatSamples.Footer(reader, pack);
        foreach (var entry in entries)
        {
            foreach (var other in entries.Where(other => other.Ordinal != entry.Ordinal))
            {
                FormatSamples.AssertFault(
                    FormatFault.Tampered,
                    () => FormatSamples.OpenFrame(reader, entry with { Ordinal = other.Ordinal }, pack)
                );
            }
        }
    }

    [Fact]
    public void Seal_OfEqualContent_NeverGivesEqualBytes()
    {
        using var dek = FormatSamples.Dek();
        Assert.NotEqual(FormatSamples.Pack(dek, null, [1, 2, 3]), FormatSamples.Pack(dek, null, [1, 2, 3]));
    }
}
