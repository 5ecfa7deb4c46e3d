using System.Text.RegularExpressions;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Deploy;

/// <summary>The names of settings that the documents list.</summary>
internal static partial class KnownSettings
{
    private const string Document = "deploy/SETTINGS.md";

    /// <summary>Those of ours that no document lists. OpenTelemetry's are its own, and listed as a family.</summary>
    public static IEnumerable<string> Unknown(IEnumerable<string> names)
    {
        if (!File.Exists(Path.Combine(Repository.Root, Document)))
            return [];
        var listed = Name().Matches(Repository.Read(Document)).Select(m => m.Value).ToHashSet();
        return names.Where(name => name.StartsWith("RVAULT_", StringComparison.Ordinal)).Distinct().Except(listed);
    }

    public static IEnumerable<string> In(string path) => Name().Matches(Repository.Read(path)).Select(m => m.Value);

    [GeneratedRegex("RVAULT_[A-Z_]*[A-Z]")]
    private static partial Regex Name();
}
