namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>A test that needs Node.js and npm; skipped without them, but under CI it must run.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    private static readonly string[] Tools = ["node", "npm"];

    public NodeFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = Tools.Where(tool => !folders.Any(folder => File.Exists(Path.Combine(folder, tool)))).ToList();
        if (missing.Count > 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"Needs {string.Join(" and ", missing)}.";
    }
}
