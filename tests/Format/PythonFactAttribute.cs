using System.Runtime.InteropServices;

namespace RecoveryVault.Tests.Format;

/// <summary>
/// A test that runs the independent reader: needs python3 and the two libraries it loads. Skipped without them, but under CI it must run.
/// </summary>
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly string[] Libraries = ["libcrypto.so.3", "libzstd.so.1"];

    public PythonFactAttribute()
    {
        var missing = Libraries.Where(library => !NativeLibrary.TryLoad(library, out _)).ToList();
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "python3"))))
            missing.Add("python3");
        if (missing.Count > 0 && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"Needs {string.Join(", ", missing)}.";
    }
}
