using System.Diagnostics;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>Azurite from npm, as its lock file says; installed once for all processes of this work tree.</summary>
internal static class AzuritePackage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task> Installed = new(InstallOnceAsync);

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "azurite");

    public static Task InstallAsync() => Installed.Value;

    private static async Task InstallOnceAsync()
    {
        var locks = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "azurite")).FullName;
        using var held = await new NameLocks(locks, TimeProvider.System, Patience).AcquireAsync("install", CancellationToken.None);
        var mark = Path.Combine(Folder, "node_modules", ".rvault-installed");
        var wanted = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"));
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted)
            return;
        var start = new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var npm = Process.Start(start) ?? throw new InvalidOperationException("npm did not start.");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var (output, errors) = (npm.StandardOutput.ReadToEndAsync(patience.Token), npm.StandardError.ReadToEndAsync(patience.Token));
        await npm.WaitForExitAsync(patience.Token);
        if (npm.ExitCode != 0)
            throw new InvalidOperationException($"npm could not install Azurite: {await output}{await errors}");
        await File.WriteAllTextAsync(mark, wanted);
    }
}
