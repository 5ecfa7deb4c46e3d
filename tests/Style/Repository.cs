using System.Runtime.CompilerServices;

namespace RecoveryVault.Tests.Style;

/// <summary>The project's own files, found from where this one was compiled.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["artifacts", ".git", "node_modules", "obj", "bin"];

    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here()) ?? "", "..", ".."));

    /// <summary>Paths of files of an extension, relative to the root, build output left out.</summary>
    public static IEnumerable<string> Files(string extension) =>
        Directory
            .EnumerateFiles(Root, "*" + extension, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(NotOurs.Contains))
            .Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static string Here([CallerFilePath] string path = "") => path;
}
