using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RecoveryVault.Tests.Style;

/// <summary>House rules a compiler does not check. Each failure names file and line.</summary>
public sealed partial class TidyTests
{
    private const int MaxLineLength = 140;
    private const int MaxFileLines = 350;
    private const int MaxFunctionLines = 60;

    [Fact]
    public void Lines_InSources_AreShortEnough() =>
        AssertNone(
            from path in Repository.Files(".cs")
            from line in Numbered(path)
            where line.Text.Length > MaxLineLength && !LoneLiteral().IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Length} columns"
        );

    [Fact]
    public void Files_InSources_AreShortEnough() =>
        AssertNone(
            from path in Repository.Files(".cs")
            let count = Repository.Lines(path).Length
            where count > MaxFileLines
            select $"{path}: {count} lines"
        );

    [Fact]
    public void Functions_InSources_AreShortEnough() =>
        AssertNone(
            from path in Repository.Files(".cs")
            from function in Functions(path)
            where function.Lines > MaxFunctionLines
            select $"{path}:{function.Start}: {function.Lines} lines"
        );

    [Fact]
    public void Sources_Contain_NothingLeftForLater() =>
        AssertNone(
            from path in Repository.Files(".cs")
            where !path.EndsWith(nameof(TidyTests) + ".cs", StringComparison.Ordinal)
            from line in Numbered(path)
            where LeftForLater().IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Trim()}"
        );

    [Fact]
    public void Types_AreNamed_ForWhatTheyAre() =>
        AssertNone(
            from path in Repository.Files(".cs")
            from line in Numbered(path)
            where VagueType().IsMatch(line.Text)
            select $"{path}:{line.Number}: {line.Text.Trim()}"
        );

    [Fact]
    public void Namespaces_Follow_Folders() =>
        AssertNone(
            from path in Repository.Files(".cs")
            let expected = NamespaceOf(path)
            let declared = Repository.Lines(path).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))
            where declared is not null && declared != $"namespace {expected};"
            select $"{path}: {declared} instead of {expected}"
        );

    [Fact]
    public void Links_InDocuments_Resolve() =>
        AssertNone(
            from path in Repository.Files(".md")
            from Match link in MarkdownLink().Matches(Repository.Read(path))
            let target = link.Groups["target"].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(path) ?? "", target))
            select $"{path}: {target}"
        );

    private static void AssertNone(IEnumerable<string> findings)
    {
        var listed = string.Join('\n', findings);
        Assert.True(listed.Length == 0, listed);
    }

    private static IEnumerable<(int Number, string Text)> Numbered(string path) =>
        Repository.Lines(path).Select((text, i) => (i + 1, text));

    /// <summary>Methods, constructors, operators, accessors and local functions, from first line to last.</summary>
    private static IEnumerable<(int Start, int Lines)> Functions(string path) =>
        from node in CSharpSyntaxTree.ParseText(Repository.Read(path)).GetRoot().DescendantNodes()
        where node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        let span = node.GetLocation().GetLineSpan()
        select (span.StartLinePosition.Line + 1, span.EndLinePosition.Line - span.StartLinePosition.Line + 1);

    private static string NamespaceOf(string path)
    {
        var folders = path.Split('/')[..^1];
        string[] parts = folders switch
        {
            ["grains", "Core", .. var rest] => rest,
            ["client", "cli", .. var rest] => ["Cli", .. rest],
            ["deploy", "dev-key-vault", .. var rest] => ["DevKeyVault", .. rest],
            ["tests", .. var rest] => ["Tests", .. rest],
            [_, .. var rest] => rest,
            _ => [],
        };
        return string.Join('.', ["RecoveryVault", .. parts]);
    }

    [GeneratedRegex(@"#pragma|#region|\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(
        @"^\s*(public|internal|private)?.*\b(class|record|struct|interface|enum)\s+\w*(Manager|Helper|Utils?|Service|Processor|Common|Base|Info|Data)\b"
    )]
    private static partial Regex VagueType();

    /// <summary>A line that is one string literal: a sentence for a person, or a pattern, stays whole.</summary>
    [GeneratedRegex(@"^\s*([+?:] |return |=> )?[$@]*"".*""[,;)]*$")]
    private static partial Regex LoneLiteral();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex MarkdownLink();
}
