using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Files;

public sealed class GlobPatternTests
{
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("../a")]
    [InlineData("[abc")]
    [InlineData("[]")]
    [InlineData("[z-a]")]
    [InlineData("[a/b]")]
    [InlineData("a\\")]
    [InlineData("a\\/b")]
    [InlineData("a\0")]
    public void Parse_PatternThatCouldNeverMatch_IsRefusedByName(string text)
    {
        var refusal = Assert.Throws<VaultException>(() => GlobPattern.Parse(text));
        Assert.Equal(ErrorCodes.InvalidPattern, refusal.Code);
        Assert.Contains($"'{text}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TooLong_IsRefused() =>
        Assert.Equal(ErrorCodes.InvalidPattern, Assert.Throws<VaultException>(() => GlobPattern.Parse(new string('a', 4097))).Code);

    [Theory]
    [InlineData("*.tmp", "a/b/c.tmp", true)]
    [InlineData("*.tmp", "c.tmp/d", false)]
    [InlineData("node_modules", "a/node_modules", true)]
    [InlineData("/build", "build", true)]
    [InlineData("/build", "a/build", false)]
    [InlineData("docs/*.pdf", "docs/a.pdf", true)]
    [InlineData("docs/*.pdf", "docs/a/b.pdf", false)]
    [InlineData("docs/*.pdf", "x/docs/a.pdf", false)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**/b", "a/xb", false)]
    [InlineData("a/**", "a", false)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("**/b", "b", true)]
    [InlineData("**/b", "xb", false)]
    [InlineData("a**z/c", "a/b/z/c", true)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("[]]", "]", true)]
    [InlineData("[a-]", "-", true)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("?", "\u00e4", false)] // Two bytes of UTF-8.
    [InlineData("??", "\u00e4", true)]
    [InlineData("\u00e4*", "\u00e4b", true)]
    public void Matches_Path_AsDocumented(string pattern, string path, bool expected) =>
        Assert.Equal(expected, Matches(GlobPattern.Parse(pattern), Encoding.UTF8.GetBytes(path)));

    [Fact]
    public void Matches_BytesThatAreNoText_AsBytes()
    {
        Assert.True(Matches(GlobPattern.Parse("?[!a]*"), [0xFF, 0xFE, 0x80]));
        Assert.False(Matches(GlobPattern.Parse("?"), [0xFF, 0xFE]));
    }

    /// <summary>Against a regular expression made from the same parts, on few letters so that matches are frequent.</summary>
    [Fact]
    public void Matches_AnyPatternAndPath_AgreesWithARegularExpression()
    {
        var part = OneOf("a", "b", "?", "*", "**", "[ab]", "[!a]", "ab");
        var component = part.Array[1, 3].Select(string.Concat);
        var directory = Gen.Frequency((3, component), (1, OneOf("**")));
        var pattern = Gen.Select(Gen.Bool, directory.Array[0, 3], component)
            .Select((rooted, above, last) => (rooted ? "/" : "") + string.Join('/', [.. above, last]));
        var path = OneOf("a", "b", "ab", "ba", "aab", "c").Array[1, 5].Select(names => string.Join('/', names));

        Gen.Select(pattern, path)
            .Sample(
                (text, place) =>
                {
                    var expected = Regex.IsMatch(
                        text.Contains('/', StringComparison.Ordinal) ? place : place.Split('/')[^1],
                        Expression(text)
                    );
                    return Matches(GlobPattern.Parse(text), Encoding.UTF8.GetBytes(place)) == expected;
                },
                iter: TestScale.Iterations(50_000)
            );
    }

    [Fact]
    public void Matches_ManyStarsOnALongName_TakesFewSteps()
    {
        // Backtracking into every star would take longer than anybody waits.
        var pattern = GlobPattern.Parse(string.Concat(Enumerable.Repeat("*a", 500)) + "b");
        Assert.False(Matches(pattern, Encoding.ASCII.GetBytes(new string('a', 4000))));
        var directories = GlobPattern.Parse(string.Concat(Enumerable.Repeat("**/a/", 500)) + "b");
        Assert.False(Matches(directories, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a/", 2000)) + "c")));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static bool Matches(GlobPattern pattern, byte[] path) =>
        pattern.Matches(pattern.MatchesPath ? path : path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1));

    private static string Expression(string pattern)
    {
        var text = pattern.TrimStart('/');
        var expression = new StringBuilder("^");
        for (var i = 0; i < text.Length; i++)
        {
            var startsComponent = i == 0 || text[i - 1] == '/';
            var stars = text[i..].Length - text[i..].TrimStart('*').Length;
            if (startsComponent && stars > 1 && text[(i + stars)..].StartsWith('/'))
                (i, _) = (i + stars, expression.Append("(.*/)?"));
            else if (stars > 0)
                (i, _) = (i + stars - 1, expression.Append(stars > 1 ? ".*" : "[^/]*"));
            else if (text[i] == '?')
                expression.Append("[^/]");
            else if (text[i..].StartsWith("[!a]", StringComparison.Ordinal))
                (i, _) = (i + 3, expression.Append("[^a/]"));
            else if (text[i..].StartsWith("[ab]", StringComparison.Ordinal))
                (i, _) = (i + 3, expression.Append("[ab]"));
            else
                expression.Append(text[i]);
        }
        return expression.Append('$').ToString();
    }
}
