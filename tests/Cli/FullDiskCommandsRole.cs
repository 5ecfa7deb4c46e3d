using System.Security.Cryptography;

namespace RecoveryVault.Tests.Cli;

/// <summary>
/// Commands on a store whose file system is full, in a child process that mounted it for itself; the argument is where. Each step says how
/// it went.
/// </summary>
internal static class FullDiskCommandsRole
{
    public static async Task RunAsync(string[] args)
    {
        using var place = new CommandPlace(Path.Combine(args[0], "store"));
        await place.CreateVaultAsync();
        await place.ProtectAsync("papers");
        Say("first backup", await place.RunOnItemAsync("papers", "protection", "backup-now"));
        Fill(Path.Combine(args[0], "filler"));
        await File.WriteAllBytesAsync(Path.Combine(place.Source, "new"), RandomNumberGenerator.GetBytes(1 << 20));
        Say("backup", await place.RunOnItemAsync("papers", "protection", "backup-now"));
        Say("restore", await place.RunOnItemAsync("papers", "restore", "run", "--target", place["restored"]));
        Console.WriteLine($"restored: {await File.ReadAllTextAsync(place["restored/latest"])}");
        Say("list", await place.RunOnItemAsync("papers", "recoverypoint", "list"));
        Say("verify", await place.RunOnItemAsync("papers", "recoverypoint", "verify", "--read-data"));
        File.Delete(Path.Combine(args[0], "filler"));
        Say("backup with room", await place.RunOnItemAsync("papers", "protection", "backup-now"));
    }

    private static void Say(string step, CommandResult result) =>
        Console.WriteLine($"{step}: {result.ExitCode}{(result.ExitCode == 1 ? $" {result.RefusalCode}" : "")}");

    private static void Fill(string path)
    {
        using var filler = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
                filler.Write(page);
        }
        catch (IOException)
        {
            // Nothing more fits.
        }
    }
}
