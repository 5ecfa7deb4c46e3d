using CsCheck;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Storage;

public sealed class BlobPathTests
{
    private static readonly string N200 = new('n', 200);

    /// <summary>Text of few letters, so that names come close to each other, with all that the mapping treats apart.</summary>
    private static readonly Gen<string> GenPart = Gen.OneOf(
        Gen.OneOf(
            "a",
            "A",
            "b",
            ".",
            ".b",
            "%",
            "%2e",
            "+",
            "~",
            " ",
            "é",
            "É",
            "e\u0301",
            "ı",
            "\uFFFD",
            "\uD83D\uDE00",
            "\\",
            ":",
            "con",
            "-"
        ),
        Gen.Int[190, 210].Select(length => new string('n', length)),
        Gen.Int[15, 25].Select(length => new string('\uD7FF', length))
    );

    private static readonly Gen<string> GenName = Gen.OneOf(GenPart, GenPart, Gen.Const("/"))
        .List[1, 8]
        .Select(string.Concat)
        .Where(name => name.Length <= BlobName.MaxLength && name[0] != '/' && name[^1] != '/');

    /// <summary>The mapping is the layout on disk: these never change.</summary>
    [Theory]
    [InlineData("a", "a.b")]
    [InlineData("a/b", "a/b.b")]
    [InlineData("a.json", "a.json")]
    [InlineData("x.b", "x%2eb.b")]
    [InlineData("x.y.b", "x.y%2eb")]
    [InlineData("x.", "x%2e.b")]
    [InlineData(".x", "%2ex.b")]
    [InlineData(".b", "%2eb.b")]
    [InlineData("..", "%2e%2e.b")]
    [InlineData("../..x", "%2e%2e/%2e.x")]
    [InlineData("v1.0/a-b_c", "v1%2e0/a-b_c.b")]
    [InlineData("Rings/A1", "%52ings/%411.b")]
    [InlineData("a b%c~+", "a%20b%25c%7e%2b.b")]
    [InlineData("é\uD83D\uDE00", "%c3%a9%f0%9f%98%80.b")]
    [InlineData("a//b", "a/~/b.b")]
    [InlineData("a///b.txt", "a/~/~/b.txt")]
    public void Encode_KnownName_IsTheFrozenPath(string name, string path)
    {
        Assert.Equal(path, BlobPath.Encode(name));
        Assert.Equal(name, BlobPath.Decode(path));
    }

    [Fact]
    public void Encode_LongSegment_IsCutIntoPieces()
    {
        Assert.Equal(N200 + ".b", BlobPath.Encode(N200));
        Assert.Equal($"{N200}+/n.b", BlobPath.Encode(N200 + "n"));
        Assert.Equal($"{N200}+/n/x.y", BlobPath.Encode(N200 + "n/x.y"));
        Assert.Equal($"{N200}+/{N200}+/%2ex.b", BlobPath.Encode(N200 + N200 + ".x"));
        Assert.Equal($"{N200[..199]}+/%c3%a9.b", BlobPath.Encode(N200[..199] + "é"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a.b.b")]
    [InlineData("x.b.b")]
    [InlineData("A.b")]
    [InlineData("a b.b")]
    [InlineData("%61.b")]
    [InlineData("%2E.b")]
    [InlineData("%2.b")]
    [InlineData("%zz.b")]
    [InlineData("%ff.b")]
    [InlineData("%c3.b")]
    [InlineData("é.b")]
    [InlineData("a+.b")]
    [InlineData("a+/b.b")]
    [InlineData("~.b")]
    [InlineData("a.c/b.b")]
    [InlineData(".rvault/layout")]
    [InlineData("%0a.b")]
    [InlineData("~/a.b")]
    [InlineData("a/.b")]
    [InlineData(".b")]
    [InlineData("")]
    public void Decode_PathOfNoName_IsNull(string path) => Assert.Null(BlobPath.Decode(path));

    [Fact]
    public void EncodeDirectory_Prefix_IsThatOfItsWholeSegments()
    {
        Assert.Equal("", BlobPath.EncodeDirectory(""));
        Assert.Equal("", BlobPath.EncodeDirectory("a.b"));
        Assert.Equal("a%2eb", BlobPath.EncodeDirectory("a.b/"));
        Assert.Equal($"a/~/{N200}+/n", BlobPath.EncodeDirectory($"a//{N200}n/x"));
    }

    [Fact]
    public void Encode_AnyName_ComesBackAndFitsEveryFileSystem() =>
        GenName.Sample(
            name =>
            {
                BlobName.Require(name);
                var path = BlobPath.Encode(name);
                var parts = path.Split('/');
                Assert.Equal(name, BlobPath.Decode(path));
                Assert.All(parts, part => Assert.True(part.Length is > 0 and <= 255 && part[0] != '.' && part[^1] != '.', part));
                Assert.All(
                    parts,
                    part =>
                        Assert.DoesNotContain(
                            part,
                            c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.' or '%' or '+' or '~')
                        )
                );
                Assert.All(parts[..^1], part => Assert.DoesNotContain('.', part));
                Assert.Contains('.', parts[^1]);
            },
            iter: TestScale.Iterations(5_000)
        );

    [Fact]
    public void Encode_TwoNames_AreTwoPathsAndNeitherLiesInTheOther() =>
        Gen.Select(GenName, GenName)
            .Where((one, other) => one != other)
            .Sample(
                (one, other) =>
                {
                    var (a, b) = (BlobPath.Encode(one), BlobPath.Encode(other));
                    Assert.False(string.Equals(a, b, StringComparison.OrdinalIgnoreCase), $"both are {a}");
                    Assert.False(
                        a.StartsWith(b + "/", StringComparison.OrdinalIgnoreCase)
                            || b.StartsWith(a + "/", StringComparison.OrdinalIgnoreCase),
                        $"{a}, {b}"
                    );
                },
                iter: TestScale.Iterations(20_000)
            );

    [Fact]
    public void Encode_AnyName_LiesInTheDirectoryOfEveryPrefix() =>
        Gen.Select(GenName, Gen.Int[0, BlobName.MaxLength])
            .Sample(
                (name, length) =>
                {
                    var directory = BlobPath.EncodeDirectory(name[..Math.Min(length, name.Length)]);
                    Assert.StartsWith(directory.Length == 0 ? "" : directory + "/", BlobPath.Encode(name), StringComparison.Ordinal);
                },
                iter: TestScale.Iterations(5_000)
            );
}
