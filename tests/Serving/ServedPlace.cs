using System.Security.Cryptography;
using System.Text.Json;
using RecoveryVault.Cli;
using RecoveryVault.Serving;
using RecoveryVault.Tests.Cli;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Serving;

/// <summary>A store of its own with keys and a source, served by one process and used by others.</summary>
internal sealed class ServedPlace : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public ServedPlace()
    {
        Directory.CreateDirectory(Path.Combine(Source, "letters"));
        File.WriteAllText(Path.Combine(Source, "letters", "to-anna.txt"), "Dear Anna");
        File.WriteAllBytes(Path.Combine(Source, "photo.raw"), RandomNumberGenerator.GetBytes(3_000_000));
    }

    public string Store => _scratch["store"];

    public string Keys => _scratch["keys"];

    public string Source => _scratch["source"];

    public string SecretFile => Path.Combine(Keys, ServerRecord.FileName);

    public string this[string relative] => _scratch[relative];

    /// <summary>Starts a server and returns it, with what it printed, when it serves.</summary>
    public async Task<(ChildProcess Server, JsonElement Printed)> ServeAsync()
    {
        var server = ChildProcess.Start("rvault", ["serve", .. Options]);
        var printed = "";
        while (!printed.EndsWith('}'))
            printed += await server.ReadLineAsync("the server's addresses");
        return (server, JsonDocument.Parse(printed).RootElement);
    }

    /// <summary>A command as another process on the store here.</summary>
    public ChildProcess Start(params string[] command) => ChildProcess.Start("rvault", [.. command, .. Options]);

    /// <summary>The same as another role, under another program.</summary>
    public ChildProcess StartUnder(IReadOnlyList<string> wrapper, string role, params string[] command) =>
        ChildProcess.StartUnder(wrapper, role, [.. command, .. Options]);

    /// <summary>Runs a command in this process, which finds the server, or the store, like any other.</summary>
    public Task<CommandResult> RunAsync(params string[] command) => CommandPlace.RunBareAsync([.. command, .. Options]);

    /// <summary>The error a command must end with, by exit code 1.</summary>
    public static async Task<string?> FailureOfAsync(ChildProcess command)
    {
        await using (command)
        {
            var lines = await command.ReadToEndAsync();
            Assert.Equal(1, await command.WaitAsync());
            return Assert.Single(Parse(lines).EnumerateObject()).Value.GetProperty("code").GetString();
        }
    }

    public async Task ProtectAsync()
    {
        (await RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        (await RunAsync("protection", "enable", "--vault-name", "docs", "--item-name", "papers", "--source", Source)).Exits(0);
    }

    public void Dispose() => _scratch.Dispose();

    private string[] Options => ["--store", Store, "--keys", Keys, "-o", "json"];

    private static JsonElement Parse(IReadOnlyList<string> lines) => JsonDocument.Parse(string.Join('\n', lines)).RootElement;
}

/// <summary>The command line as a role of a child process.</summary>
internal static class RvaultRole
{
    public static async Task RunAsync(string[] args) => Environment.Exit(await CommandLine.RunAsync(args));
}
