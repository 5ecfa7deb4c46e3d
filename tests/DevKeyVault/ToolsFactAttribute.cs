namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>A test that needs programs; skipped without them, but under CI it must run.</summary>
public sealed class ToolsFactAttribute : FactAttribute
{
    public ToolsFactAttribute(params string[] tools)
    {
        Tools = tools;
        Skip = ReasonToSkip(tools);
    }

    /// <summary>By the names they are called with.</summary>
    public IReadOnlyList<string> Tools { get; }

    /// <summary>Why tests that need the programs are skipped; null: they run.</summary>
    internal static string? ReasonToSkip(IEnumerable<string> tools)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = tools.Where(tool => !folders.Any(folder => File.Exists(Path.Combine(folder, tool)))).ToList();
        return missing.Count > 0 && Environment.GetEnvironmentVariable("CI") != "true" ? $"Needs {string.Join(" and ", missing)}." : null;
    }
}
