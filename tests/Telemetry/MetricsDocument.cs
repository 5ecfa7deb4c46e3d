using System.Text.RegularExpressions;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>A row of the table of metrics.</summary>
/// <param name="Attributes">Each attribute with what its values can be.</param>
internal sealed record DocumentedMetric(
    string Name,
    string Unit,
    string Kind,
    IReadOnlyDictionary<string, string> Attributes,
    string Meaning
);

/// <summary>What deploy/METRICS.md says.</summary>
internal static partial class MetricsDocument
{
    public const string Path = "deploy/METRICS.md";

    public static IReadOnlyList<DocumentedMetric> Metrics { get; } =
    [
        .. from cells in Rows()
        where cells.Length == 6 && cells[0].StartsWith("`rvault.", StringComparison.Ordinal)
        select new DocumentedMetric(
            cells[0].Trim('`'),
            cells[1],
            cells[2],
            Attribute().Matches(cells[3]).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["values"].Value),
            cells[4]
        ),
    ];

    /// <summary>Event id, level and message.</summary>
    public static IReadOnlyList<(int Id, string Level, string Message)> Events { get; } =
    [
        .. from cells in Rows()
        where cells.Length == 3 && int.TryParse(cells[0], out _)
        select (int.Parse(cells[0], null), cells[1], cells[2]),
    ];

    private static IEnumerable<string[]> Rows() =>
        from line in Repository.Lines(Path)
        where line.StartsWith("| ", StringComparison.Ordinal)
        select line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray();

    [GeneratedRegex(@"`(?<name>[a-z_.]+)` \((?<values>[^)]*)\)")]
    private static partial Regex Attribute();
}
