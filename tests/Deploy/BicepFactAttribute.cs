using System.Diagnostics;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Deploy;

/// <summary>A test that needs the Bicep compiler; skipped where nobody has fetched it, but under CI it is fetched.</summary>
internal sealed class BicepFactAttribute : FactAttribute
{
    private const string Version = "0.49.2";

    public BicepFactAttribute() =>
        Skip = File.Exists(Compiler) || IsCi ? null : "Needs the Bicep compiler: 'dotnet restore tests/bicep' fetches it.";

    private static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    private static string Packages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string Compiler => Path.Combine(Packages, "azure.bicep.commandline.linux-x64", Version, "tools", "bicep");

    /// <summary>Compiles a file; what the compiler had to say, and the template.</summary>
    public static async Task<(string Said, string Template)> CompileAsync(string path)
    {
        if (!File.Exists(Compiler))
            Assert.Equal(
                "",
                (await RunAsync("dotnet", "restore", Path.Combine(Repository.Root, "tests", "bicep"), "-v", "q", "--nologo")).Said
            );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Compiler, File.GetUnixFileMode(Compiler) | UnixFileMode.UserExecute);
        return await RunAsync(Compiler, "build", "--stdout", Path.Combine(Repository.Root, path));
    }

    private static async Task<(string Said, string Template)> RunAsync(string program, params string[] arguments)
    {
        using var process =
            Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"'{program}' did not start.");
        var said = process.StandardError.ReadToEndAsync();
        var template = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (await said + (process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}"), template);
    }
}
