using System.Text;
using System.Text.Json;
using CsCheck;
using RecoveryVault.Catalogues;
using RecoveryVault.Format;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Format;

public sealed class ManifestTests
{
    private static readonly DateTimeOffset Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)).AddTicks(1234567);

    public static readonly Manifest Sample = new()
    {
        VaultId = FormatSamples.Vault,
        ItemId = FormatSamples.Item,
        RecoveryPoint = "rp-20260102-010405",
        Seq = 2,
        PrevHash = new(Bytes32.Parse(new string('c', 64))),
        Kind = ContentKind.Tree,
        Time = Time,
        OperationId = "3f2504e0",
        Catalogue = new(1, new(Digest.Of([1]), 4711)),
        Statistics = new(10, 7, 3, 123_456_789_012, 1, 2),
        Source = new("host.example", new byte[] { (byte)'/', (byte)'"', 0xff, (byte)'\n' }),
        RetainUntil = Time.AddDays(30),
    };

    private static readonly Gen<Manifest> Any = Gen.Select(
        Gen.String[1, 30],
        Gen.Long[1, long.MaxValue],
        Gen.Byte.Array[0, 60],
        Gen.Bool,
        Gen.Long[0, long.MaxValue],
        (name, seq, path, retained, count) =>
            Sample with
            {
                RecoveryPoint = Clean(name),
                OperationId = Clean(name),
                Seq = seq,
                PrevHash = seq == 1 ? HeadHash.None : Sample.PrevHash,
                Statistics = new(count, 0, count, 0, count, 0),
                Source = new(Clean(name), path),
                RetainUntil = retained ? Sample.RetainUntil : null,
            }
    );

    public static TheoryData<Manifest> BrokenManifests() =>
        new()
        {
            Sample with
            {
                Seq = 0,
            },
            Sample with
            {
                Seq = 1,
            },
            Sample with
            {
                PrevHash = HeadHash.None,
            },
            Sample with
            {
                Kind = ContentKind.Unknown,
            },
            Sample with
            {
                Kind = (ContentKind)4,
            },
            Sample with
            {
                RecoveryPoint = "",
            },
            Sample with
            {
                OperationId = new string('x', 129),
            },
            Sample with
            {
                RecoveryPoint = "half a pair \ud800",
            },
            Sample with
            {
                Source = new(new string('h', 256), default),
            },
            Sample with
            {
                Source = new("h", new byte[65_536]),
            },
            Sample with
            {
                Catalogue = new(17, Sample.Catalogue.Node),
            },
            Sample with
            {
                Catalogue = new(0, new(default, 5, true)),
            },
            Sample with
            {
                Catalogue = new(0, new(default, 0)),
            },
            Sample with
            {
                Statistics = Sample.Statistics with { Bytes = -1 },
            },
        };

    [Theory]
    [MemberData(nameof(BrokenManifests))]
    public void Encode_OfABrokenManifest_IsRefused(Manifest manifest) => Assert.ThrowsAny<ArgumentException>(manifest.Encode);

    [Theory]
    [InlineData("\"format\":1", "\"format\":0", FormatFault.Malformed)]
    [InlineData("\"format\":1", "\"format\":2", FormatFault.TooNew)]
    [InlineData("\"format\":1", "\"format\":1.0", FormatFault.Malformed)]
    [InlineData("\"format\":1", "\"format\":\"1\"", FormatFault.Malformed)]
    [InlineData("\"kind\":\"tree\"", "\"kind\":\"forest\"", FormatFault.TooNew)]
    [InlineData("\"seq\":2", "\"seq\": 2", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":02", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":2e0", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":-2", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":0", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":99999999999999999999", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":null", FormatFault.Malformed)]
    [InlineData("\"seq\":2", "\"seq\":2,\"seq\":2", FormatFault.Malformed)]
    [InlineData("\"seq\":2,", "", FormatFault.Malformed)]
    [InlineData("\"level\":1", "\"level\":4294967297", FormatFault.Malformed)]
    [InlineData("cccc", "CCCC", FormatFault.Malformed)]
    [InlineData("cccc", "cccg", FormatFault.Malformed)]
    [InlineData("T01:04:05", "T01:04:05.5", FormatFault.Malformed)]
    [InlineData("01:04:05.1234567Z", "01:04:05.1234567+00:00", FormatFault.Malformed)]
    [InlineData("host.example", "host\\u002eexample", FormatFault.Malformed)]
    [InlineData("host.example", "host\\ud800", FormatFault.Malformed)]
    [InlineData("\"display\":\"/", "\"display\":\"//", FormatFault.Malformed)]
    [InlineData("\"retainUntil\":\"2026", "\"retainUntil\":\"x", FormatFault.Malformed)]
    [InlineData("{\"format\"", " {\"format\"", FormatFault.Malformed)]
    public void Decode_OfAnyOtherEncoding_IsRefused(string from, string to, FormatFault fault)
    {
        var json = Encoding.UTF8.GetString(Sample.Encode());
        var changed = json.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(json, changed);
        FormatSamples.AssertFault(fault, () => Manifest.Decode(Encoding.UTF8.GetBytes(changed)));
    }

    [Fact]
    public void Decode_OfWhatIsNoJson_IsRefused()
    {
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode([]));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode("[]"u8));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode([.. Sample.Encode(), (byte)'{']));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode([.. Sample.Encode(), (byte)'\n']));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode(new byte[Manifest.MaxLength + 1]));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode([0xef, 0xbb, 0xbf, .. Sample.Encode()]));
        FormatSamples.AssertFault(FormatFault.Malformed, () => Manifest.Decode(Encoding.UTF8.GetBytes(new string('[', 100_000))));
    }

    [Fact]
    public void Decode_AfterEncode_ReturnsTheSameManifest() =>
        Any.Sample(
            manifest =>
            {
                var json = manifest.Encode();
                var read = Manifest.Decode(json);
                Assert.Equal(json, read.Encode());
                Assert.Equal(
                    manifest with
                    {
                        Source = read.Source,
                    },
                    read with
                    {
                        Time = manifest.Time,
                        RetainUntil = manifest.RetainUntil,
                    }
                );
                Assert.Equal(manifest.Source.Path.Span, read.Source.Path.Span);
                using var document = JsonDocument.Parse(json);
                Assert.Equal(manifest.RecoveryPoint, document.RootElement.GetProperty("recoveryPoint").GetString());
            },
            iter: TestScale.Iterations(500)
        );

    [Fact]
    public void Decode_OfTheLongestFields_StaysBelowTheLimit()
    {
        var name = new string('\u0001', 128);
        var path = Enumerable.Repeat((byte)0xff, 65_535).ToArray();
        var largest = Sample with { RecoveryPoint = name, OperationId = name, Source = new(new string('\u0001', 255), path) };
        var json = largest.Encode();
        Assert.InRange(json.Length, 400_000, Manifest.MaxLength);
        Assert.Equal(json, Manifest.Decode(json).Encode());
    }

    [Fact]
    public void Decode_OfAMutatedManifest_IsRefusedOrCanonical() =>
        Mutation
            .Gen.Array[1, 3]
            .Fuzz(
                mutations =>
                {
                    var json = Mutation.Apply(Sample.Encode(), mutations);
                    try
                    {
                        Assert.Equal(json, Manifest.Decode(json).Encode());
                    }
                    catch (FormatFaultException fault)
                    {
                        Assert.True(fault.Fault is FormatFault.Malformed or FormatFault.TooNew);
                    }
                },
                20_000
            );

    private static string Clean(string text) =>
        text.EnumerateRunes().Aggregate(new StringBuilder(), (clean, rune) => clean.Append(rune)).ToString();
}
