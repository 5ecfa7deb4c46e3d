using CsCheck;
using RecoveryVault.Storage;
using RecoveryVault.Storage.Azure;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Storage.Azure;

public sealed class AzureBlobNameTests
{
    private static readonly string[] Telling =
    [
        .. " !./\\[]^_-~0aA%?#+\u00A0é\uD7FA\uD7FB\uD7FC\uE000\uFFFD\uFFFF".Select(unit => unit.ToString()),
        "\uD83D\uDE00",
        "./",
        "..",
        "[\\",
    ];

    private static readonly string[] Ends = ["", "\u0001", "!"];

    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.OneOf(Telling), Gen.Char.AlphaNumeric.Select(unit => unit.ToString()))
        .Array[1, 12]
        .Select(string.Concat);

    private static readonly Gen<string> AnyName = AnyText.Where(BlobName.IsValid);

    [Fact]
    public void Encode_TooLongOnceEscapedOrTooDeep_IsRefused()
    {
        foreach (var name in new[] { new string('\uFFFD', 205), string.Concat(Enumerable.Repeat("a/", 254)) + "a", new string(' ', 513) })
            Assert.Equal(BlobError.InvalidName, Assert.Throws<BlobStoreException>(() => AzureBlobName.Encode(name)).Error);
    }

    [Theory]
    [InlineData("a.!x")]
    [InlineData("a.")]
    [InlineData("a./b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("!")]
    [InlineData("a\uD7FB00")]
    [InlineData("a\uD7FB0041")]
    [InlineData("")]
    public void Decode_OfWhatIsNoneOfOurs_IsNull(string stored) => Assert.Null(AzureBlobName.Decode(stored));

    [Theory]
    [InlineData("packs/0a/1B.pack", "packs/0a/1B.pack")]
    [InlineData("grainstate/vault-x_y/é.json", "grainstate/vault-x_y/é.json")]
    [InlineData("a.", "a.!")]
    [InlineData("..", "..!")]
    [InlineData("a/../b c", "a/...\uD7FB\uD7FB/b!0c")]
    [InlineData("a\\b", "a[\uD7FB\uD7FBb")]
    public void Encode_Name_IsAsDocumented(string name, string stored) => Assert.Equal(stored, AzureBlobName.Encode(name));

    [Fact]
    public void Encode_AnyName_ComesBackAndKeepsItsPlace() =>
        Gen.Select(AnyName, AnyName)
            .Sample(
                (a, b) =>
                    AzureBlobName.Decode(AzureBlobName.Encode(a)) == a
                    && Sign(a, b) == Sign(AzureBlobName.Encode(a), AzureBlobName.Encode(b))
                    && Sign(a, b) == SignOfUtf8(AzureBlobName.Encode(a), AzureBlobName.Encode(b)),
                iter: TestScale.Iterations(20_000)
            );

    [Fact]
    public void EncodePrefix_AnyTextThatNamesBeginWith_IsWhatTheyBeginWithThere() =>
        Gen.Select(AnyText, AnyText)
            .Where((prefix, rest) => BlobName.IsValid(prefix + rest))
            .Sample(
                (prefix, rest) =>
                    AzureBlobName.Encode(prefix + rest).StartsWith(AzureBlobName.EncodePrefix(prefix), StringComparison.Ordinal),
                iter: TestScale.Iterations(20_000)
            );

    [Fact]
    public void EncodeAfter_AnyText_LeavesOutNoNameBehindIt() =>
        Gen.Select(AnyName, AnyText, Gen.OneOf(Ends))
            .Where((name, after, end) => string.CompareOrdinal(name, after + end) > 0)
            .Sample(
                (name, after, end) => string.CompareOrdinal(AzureBlobName.Encode(name), AzureBlobName.EncodeAfter(after + end)) >= 0,
                iter: TestScale.Iterations(20_000)
            );

    private static int Sign(string a, string b) => Math.Sign(string.CompareOrdinal(a, b));

    private static int SignOfUtf8(string a, string b) =>
        Math.Sign(System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)));
}
