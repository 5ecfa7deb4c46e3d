using System.Globalization;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Clustering;
using RecoveryVault.Tests.DevKeyVault;
using RecoveryVault.Tests.Files;
using RecoveryVault.Tests.Outages;
using RecoveryVault.Tests.Serving;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Telemetry;

namespace RecoveryVault.Tests.Processes;

/// <summary>What a child process of the tests can be told to do. A role that ends normally exits 0, one that throws does not.</summary>
internal static class Roles
{
    public static IReadOnlyDictionary<string, Func<string[], Task>> All { get; } =
        new Dictionary<string, Func<string[], Task>>
        {
            ["dev-key-vault"] = RecoveryVault.DevKeyVault.Program.Main,
            ["echo"] = EchoAsync,
            ["blob-calls"] = BlobRoles.CallsAsync,
            ["blob-cluster"] = BlobClusterRole.RunAsync,
            ["blob-increment"] = BlobRoles.IncrementAsync,
            ["blob-put-for-ever"] = BlobRoles.PutForEverAsync,
            ["fill-disk"] = FullDiskRoles.FillAsync,
            ["fill-disk-up"] = FullDiskRoles.FillUpAsync,
            ["full-disk-commands"] = FullDiskCommandsRole.RunAsync,
            ["managed-identity"] = ManagedIdentityRole.RunAsync,
            ["relay"] = RelayRole.RunAsync,
            ["rvault"] = RvaultRole.RunAsync,
            [TelemetryRoles.Assemblies] = TelemetryRoles.ShowAssembliesAsync,
            [TelemetryRoles.Process] = TelemetryRoles.RunAsync,
            ["store-lock"] = StoreLockRole.HoldAsync,
            ["walk"] = WalkRole.WalkAsync,
        };

    /// <summary>Repeats each line of its input; a line "exit N" ends it with that code.</summary>
    private static async Task EchoAsync(string[] args)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("exit ", StringComparison.Ordinal))
                Environment.Exit(int.Parse(line[5..], CultureInfo.InvariantCulture));
            await Console.Out.WriteLineAsync(line);
        }
    }
}
