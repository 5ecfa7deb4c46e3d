using System.Text;
using System.Text.Json;
using CsCheck;
using RecoveryVault.Reports;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Reports;

/// <summary>The one encoding of a report's content.</summary>
public sealed class CanonicalDocumentTests
{
    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":1e3}""")]
    [InlineData("""{"a":9007199254740992}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    public void Of_DocumentThatReadersUnderstandDifferently_IsRefused(string json) => Assert.Throws<FormatException>(() => Of(json));

    [Theory]
    [InlineData("""{ "b" : [ 1 , {"d":null,"c":true} ] , "a" : "é\u0041\n\/" }""", """{"a":"éA\n/","b":[1,{"c":true,"d":null}]}""")]
    [InlineData("""{"\u20ac":1,"\r":2,"1":4,"\ud83d\ude00":5,"\u00f6":7}""", """{"\r":2,"1":4,"ö":7,"€":1,"😀":5}""")]
    [InlineData("""{"a":-9007199254740991,"b":{},"c":[],"d":""}""", """{"a":-9007199254740991,"b":{},"c":[],"d":""}""")]
    public void Of_Document_IsAsTheStandardSays(string json, string canonical) => Assert.Equal(canonical, Of(json));

    [Fact]
    public void Of_AnyDocument_IsTheSameHoweverItIsWritten() =>
        Gen.Dictionary(Gen.String[Gen.Char["ab\"\\\u0001é€"], 0, 4], Gen.Int)[0, 6]
            .Sample(
                members =>
                {
                    var plain = JsonSerializer.Serialize(members);
                    var turned = JsonSerializer.Serialize(members.Reverse().ToDictionary(), Indented);
                    var canonical = Of(plain);
                    Assert.Equal(canonical, Of(turned));
                    Assert.Equal(canonical, Of(canonical));
                },
                iter: TestScale.Iterations(300)
            );

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Of(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalDocument.Of(document.RootElement));
    }
}
