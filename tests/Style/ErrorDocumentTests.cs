using System.Globalization;
using System.Text;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Style;

/// <summary>
/// The error codes as people read them are those of the one table. The document is written anew by
/// <c>RVAULT_WRITE_TABLES=1 dotnet test --filter ErrorDocument</c>.
/// </summary>
public sealed class ErrorDocumentTests
{
    private const string Document = "grain-interfaces/Errors/ERRORS.md";

    [Fact]
    public void Document_OfErrors_IsWhatTheTableSays()
    {
        var expected = Render();
        if (Environment.GetEnvironmentVariable("RVAULT_WRITE_TABLES") == "1")
            File.WriteAllText(Path.Combine(Repository.Root, Document), expected);
        Assert.True(
            expected == Repository.Read(Document),
            $"{Document} is stale: run RVAULT_WRITE_TABLES=1 dotnet test --filter ErrorDocument and commit."
        );
    }

    [Fact]
    public void Table_NoRow_BreaksTheDocument() =>
        Assert.DoesNotContain(ErrorTable.All, row => $"{row.Cause}{row.Fix}".AsSpan().ContainsAny('|', '\n'));

    private static string Render()
    {
        var text = new StringBuilder();
        text.Append("# Error codes\n\n")
            .Append(
                "Every refusal and every failed job carries one of these codes. They are stable: scripts may rely on them; the words beside them may\n"
            )
            .Append(
                "change. The message of a refusal says more than this table: what was refused, and for which vault, item, key or file. The table is\n"
            )
            .Append("written from `ErrorTable`; a test fails when they differ.\n\n")
            .Append("| code | in short | cause | what to do |\n|---|---|---|---|\n");
        foreach (var row in ErrorTable.All.OrderBy(row => row.Code, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| `{row.Code}` | {row.Title} | {row.Cause} | {row.Fix} |\n");
        return text.ToString();
    }
}
