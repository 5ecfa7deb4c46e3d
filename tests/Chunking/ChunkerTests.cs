using System.Security.Cryptography;
using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Chunking;
using RecoveryVault.DataPath;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Chunking;

public sealed class ChunkerTests
{
    private static readonly ChunkerSettings Small = new(256, 1024, 4096, Seed(1));

    [Theory]
    [InlineData(63, 1024, 4096)]
    [InlineData(2048, 1024, 4096)]
    [InlineData(256, 1000, 4096)]
    [InlineData(256, 1024, 512)]
    [InlineData(256, 1024, ChunkRef.MaxLength + 1)]
    [InlineData(64, 128, 4096)]
    public void Settings_OutOfBounds_AreRefused(int min, int target, int max) =>
        Assert.Throws<ArgumentException>(() => new Chunker(new ChunkerSettings(min, target, max, Seed(1))));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Seed_OfAnotherLength_IsRefusedWithoutShowingIt(int length)
    {
        var refusal = Assert.Throws<ArgumentException>(() => new Chunker(Small with { Seed = new byte[length] }));
        Assert.Contains("32 bytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cut_EmptyStream_HasNoChunk() => Assert.Empty(await CutAsync(Small, []));

    [Fact]
    public async Task Cut_FailingStream_FailsAndReturnsItsBuffers()
    {
        using var reader = new Chunker(Small).Cut(new ReadsOf(new byte[9000], 1000, failAt: 5000));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (await reader.NextAsync() is { } chunk)
                chunk.Buffer.Dispose();
        });
    }

    [Fact]
    public async Task Cut_AnotherSeed_CutsElsewhere()
    {
        var content = Random(200_000, 7);
        var (one, other) = (await CutAsync(Small, content), await CutAsync(Small with { Seed = Seed(2) }, content));

        Assert.True(Ends(one).Intersect(Ends(other)).Count() < one.Count / 10);
    }

    /// <summary>Any content, read in any pieces, with any hint of its length.</summary>
    [Fact]
    public void Cut_AnyContent_IsWholeWithinBoundsAndIndependentOfReads() =>
        Gen.Select(Gen.Int[0, 20_000], Gen.Int[0, 1000], Gen.Int[1, 5000], Gen.Int[0, 3], Gen.Int[0, 30_000])
            .Sample(
                (length, seed, read, zeros, hint) =>
                {
                    var content = Random(length, seed);
                    content.AsSpan(0, length * zeros / 3).Clear();
                    var whole = CutAsync(Small, content).GetAwaiter().GetResult();
                    var pieces = CutAsync(Small, content, read, hint).GetAwaiter().GetResult();
                    Assert.Equal(content, whole.SelectMany(chunk => chunk));
                    Assert.Equal(Ends(whole), Ends(pieces));
                    Assert.All(whole, chunk => Assert.InRange(chunk.Length, 1, Small.MaxLength));
                    Assert.All(whole.SkipLast(1), chunk => Assert.InRange(chunk.Length, Small.MinLength, Small.MaxLength));
                },
                iter: TestScale.Iterations(300)
            );

    /// <summary>The rule as the documentation states it, byte by byte, with nothing clever.</summary>
    [Fact]
    public void Cut_AnyContent_FollowsTheRuleByTheLetter() =>
        Gen.Select(Gen.Int[0, 9000], Gen.Int[0, 1000])
            .Sample(
                (length, seed) =>
                {
                    var content = Random(length, seed);
                    Assert.Equal(EndsByTheLetter(content), Ends(CutAsync(Small, content).GetAwaiter().GetResult()));
                },
                iter: TestScale.Iterations(100)
            );

    [Fact]
    public void Cut_AfterAnInsertion_SoonCutsAsBefore() =>
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[1, 300], Gen.Int[0, 1000])
            .Sample(
                (at, inserted, seed) =>
                {
                    var content = Random(200_000, seed);
                    byte[] changed = [.. content[..at], .. Random(inserted, seed + 1), .. content[at..]];
                    var before = CutAsync(Small, content).GetAwaiter().GetResult().Select(Digest).ToHashSet();
                    var fresh = CutAsync(Small, changed).GetAwaiter().GetResult().Count(chunk => !before.Contains(Digest(chunk)));
                    Assert.InRange(fresh, 1, 25);
                },
                iter: TestScale.Iterations(40)
            );

    [Fact]
    public async Task Cut_RandomContent_HasChunksOfAboutTheTarget()
    {
        var chunks = await CutAsync(Small, Random(4_000_000, 3));
        Assert.InRange(4_000_000.0 / chunks.Count, 900, 1500);
    }

    /// <summary>Written down once: what was backed up must be cut alike for ever, or nothing is found again.</summary>
    [Fact]
    public async Task Cut_KnownContentAndSeed_CutsWhereItAlwaysDid()
    {
        var content = new byte[60_000];
        for (var i = 0; i < content.Length; i += 32)
            SHA256.HashData(BitConverter.GetBytes(i)).CopyTo(content, i);

        var ends = Ends(await CutAsync(Small, content)).ToList();

        Assert.Equal(ends, EndsByTheLetter(content));
        Assert.Equal(FrozenEnds, ends);
        Assert.Equal(FrozenGear, GearTable.Expand(Seed(1))[..3]);
    }

    // Both computed by a program of a few lines in another language from the rule as it is documented.
    private static readonly int[] FrozenEnds =
    [
        1209,
        2379,
        3258,
        4285,
        5910,
        6986,
        8256,
        9456,
        9966,
        11141,
        12483,
        13684,
        15030,
        16172,
        17417,
        19499,
        20806,
        21927,
        22741,
        23842,
        24989,
        26036,
        27107,
        28477,
        29532,
        30559,
        30963,
        32210,
        33432,
        34676,
        35958,
        37154,
        38226,
        40170,
        41254,
        42477,
        43726,
        44231,
        45489,
        46713,
        47827,
        49888,
        50965,
        51989,
        53429,
        54745,
        55914,
        57244,
        58357,
        59944,
        60000,
    ];

    private static readonly ulong[] FrozenGear = [0x84dfa51c60fec95d, 0x2edb52a92ef05517, 0x72d6bb2b1bb5380d];

    private static List<int> EndsByTheLetter(byte[] content)
    {
        var gear = GearTable.Expand(Small.Seed.Span);
        var ends = new List<int>();
        for (var start = 0; start < content.Length; start = ends[^1])
            ends.Add(start + LengthByTheLetter(content.AsSpan(start), gear));
        return ends;
    }

    private static int LengthByTheLetter(ReadOnlySpan<byte> content, ulong[] gear)
    {
        for (var length = Small.MinLength; length < Math.Min(Small.MaxLength, content.Length + 1); length++)
        {
            var hash = 0UL;
            foreach (var value in content[(length - 64)..length])
                hash = unchecked((2 * hash) + gear[value]);
            // log2(1024) is 10: twelve leading zero bits below the target, eight above it.
            if (hash >> (length < Small.TargetLength ? 64 - 12 : 64 - 8) == 0)
                return length;
        }
        return Math.Min(Small.MaxLength, content.Length);
    }

    private static async Task<List<byte[]>> CutAsync(ChunkerSettings settings, byte[] content, int read = int.MaxValue, long? hint = null)
    {
        using var reader = new Chunker(settings).Cut(new ReadsOf(content, read), hint);
        var chunks = new List<byte[]>();
        while (await reader.NextAsync() is { } chunk)
        {
            using (chunk.Buffer)
                chunks.Add(chunk.Plaintext.ToArray());
        }
        return chunks;
    }

    private static IEnumerable<int> Ends(IEnumerable<byte[]> chunks)
    {
        var end = 0;
        foreach (var chunk in chunks)
            yield return end += chunk.Length;
    }

    private static string Digest(byte[] chunk) => Convert.ToHexString(SHA256.HashData(chunk));

    private static byte[] Seed(byte value) => Enumerable.Repeat(value, 32).ToArray();

    /// <summary>Reproducible bytes without a pattern.</summary>
    private static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        Span<byte> key = stackalloc byte[32];
        BitConverter.TryWriteBytes(key, seed);
        if (length > 0)
            HKDF.Expand(HashAlgorithmName.SHA256, key, bytes.AsSpan(0, Math.Min(length, 8000)), []);
        for (var done = 8000; done < length; done += 32)
            SHA256.HashData([.. BitConverter.GetBytes(done), .. key]).AsSpan(0, Math.Min(32, length - done)).CopyTo(bytes.AsSpan(done));
        return bytes;
    }

    /// <summary>Gives at most so many bytes a read.</summary>
    private sealed class ReadsOf(byte[] content, int most, int failAt = int.MaxValue) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= failAt
                ? throw new IOException("The stream fails here.")
                : base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
