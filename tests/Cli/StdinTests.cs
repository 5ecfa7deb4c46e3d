using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary>Backups of streams, as people pipe them in.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class StdinTests : IAsyncLifetime, IDisposable
{
    private const int ContentBytes = 50 << 20;
    private const string Item = "db.sql";
    private readonly CommandPlace _place = new();

    private string[] BackUp =>
        ["protection", "backup-now", "--vault-name", "docs", "--item-name", Item, "--no-progress", .. _place.Options, "-o", "json"];

    public async Task InitializeAsync()
    {
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        Assert.Equal("-", (await _place.RunOnItemAsync(Item, "protection", "enable", "--source", "-")).Exits(0)["source"]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("exit code 3", "sh", "-c", "echo half; exit 3")]
    [InlineData("exit code 137 (as after signal 9)", "sh", "-c", "echo half; kill -9 $$")]
    [InlineData("exit code 1", "false")]
    [InlineData("it was not found", "no-such-program", "--password=secret")]
    public async Task StdinFromCommand_Fails_LeavesAFailedJobAndNoRecoveryPoint(string message, params string[] command)
    {
        var result = (await RunCommandAsync(command)).Refuses(ErrorCodes.CommandFailed);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Error, StringComparison.Ordinal);
        await RequireNothingAsync(ErrorCodes.CommandFailed, message);
    }

    [Fact]
    public async Task StdinFromCommand_FailsAfterASuccess_LeavesThatAlone()
    {
        (await RunCommandAsync("echo", "first")).Exits(0);
        (await RunCommandAsync("sh", "-c", "echo second; exit 1")).Refuses(ErrorCodes.CommandFailed);
        Assert.Single((await _place.RunOnItemAsync(Item, "recoverypoint", "list")).Exits(0).Json.EnumerateArray());
        await RequireRestoredAsync("first\n"u8.ToArray());
    }

    [Fact]
    public async Task Stdin_AndACommand_IsWrongUsage()
    {
        var result = (await CommandPlace.RunBareAsync([.. BackUp, "--stdin", "--stdin-from-command", "--", "true"])).Exits(2);
        Assert.Contains("exclude one another", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StreamItem_WithoutStream_IsRefused() => (await CommandPlace.RunBareAsync(BackUp)).Refuses(ErrorCodes.InvalidRequest);

    [Fact]
    public async Task Stdin_Directory_IsRefused()
    {
        await using var backup = StartInShell("exec \"$@\" <\"$0\"", _place.Source);
        (await backup.EndAsync()).Refuses(ErrorCodes.SourceUnreadable);
        await RequireNothingAsync(ErrorCodes.SourceUnreadable, "Standard input cannot be read");
    }

    [Fact]
    public async Task StdinFromCommand_CtrlC_EndsBoth()
    {
        var started = _place["started"];
        const string Script = "echo $$ > \"$0.new\"; mv \"$0.new\" \"$0\"; exec sleep 1000";
        await using var backup = RvaultProcess.Start([.. BackUp, "--stdin-from-command", "--", "sh", "-c", Script, started]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!File.Exists(started))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        await backup.SignalAsync("INT");
        (await backup.EndAsync()).Exits(130);
        Assert.False(Directory.Exists($"/proc/{(await File.ReadAllTextAsync(started)).Trim()}"));
        await RequireCancelledAsync();
    }

    [Theory]
    [InlineData("exec \"$@\" <&-", "Standard input is closed.")]
    [InlineData("exec script -qec \"$*\" /dev/null </dev/null", "Standard input is a terminal")]
    public async Task Stdin_NothingToWaitFor_IsRefusedBeforeAnythingBegins(string line, string message)
    {
        await using var backup = StartInShell(line, "sh");
        var result = (await backup.EndAsync()).Exits(1);
        Assert.Contains(message, result.Error + result.Output, StringComparison.Ordinal);
        Assert.Empty(
            (await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup")).Exits(0).Json.EnumerateArray()
        );
    }

    [Fact]
    public async Task Stdin_SilentPipe_CtrlC_EndsAndLeavesACancelledJobAndNoRecoveryPoint()
    {
        var jobs = StoredJobs();
        // Opened for both, a fifo never ends.
        await using var backup = StartInShell("mkfifo \"$0\"; exec \"$@\" <>\"$0\"", _place["silent"]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (StoredJobs() == jobs)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        await backup.SignalAsync("INT");
        Assert.Equal("Interrupted.\n", (await backup.EndAsync()).Exits(130).Error);
        await RequireCancelledAsync();
    }

    [Fact]
    public async Task Stdin_Pipe_ComesBackByteForByteAndIsStoredOnce()
    {
        var content = RandomNumberGenerator.GetBytes(ContentBytes);
        var dump = _place["dump"];
        await File.WriteAllBytesAsync(dump, content);

        await using var first = StartInShell("cat \"$0\" | \"$@\"", dump);
        var stored = (await first.EndAsync()).Exits(0);
        Assert.Equal(("1", $"{ContentBytes}"), (stored["filesTotal"], stored["bytesRead"]));
        Assert.InRange(BytesNew(stored), ContentBytes, ContentBytes + 4096);

        Assert.InRange(BytesNew((await RunCommandAsync("cat", dump)).Exits(0)), 0, 4096);

        var file = Assert.Single((await _place.RunOnItemAsync(Item, "recoverypoint", "files")).Exits(0).Json.EnumerateArray());
        Assert.Equal((Item, ContentBytes), (file.GetProperty("path").GetString(), file.GetProperty("size").GetInt64()));
        (await _place.RunOnItemAsync(Item, "recoverypoint", "verify", "--read-data")).Exits(0);
        await RequireRestoredAsync(content);
    }

    [Fact]
    public async Task Stdin_Empty_IsAnEmptyFile()
    {
        await using var backup = StartInShell("exec \"$@\" </dev/null", "sh");
        Assert.Equal("0", (await backup.EndAsync()).Exits(0)["bytesRead"]);
        await RequireRestoredAsync([]);
    }

    [Fact]
    public async Task StdinFromCommand_ItsStandardError_IsOurs()
    {
        const string Script = "echo content; echo a warning >&2";
        await using var backup = RvaultProcess.Start([.. BackUp, "--stdin-from-command", "--", "sh", "-c", Script]);
        var result = (await backup.EndAsync()).Exits(0);
        Assert.Equal(("a warning\n", "8"), (result.Error, result["bytesRead"]));
    }

    [Fact]
    public async Task StdinFromCommand_ItemWithASource_TakesEither()
    {
        await _place.ProtectAsync("papers");
        string[] papers = [.. BackUp.Select(word => word == Item ? "papers" : word)];
        (await CommandPlace.RunBareAsync([.. papers, "--stdin-from-command", "--", "echo", "x"])).Exits(0);
        Assert.Equal("3", (await CommandPlace.RunBareAsync(papers)).Exits(0)["filesTotal"]);
    }

    private Task<CommandResult> RunCommandAsync(params string[] command) =>
        CommandPlace.RunBareAsync([.. BackUp, "--stdin-from-command", "--", .. command]);

    private RvaultProcess StartInShell(string line, string file) => RvaultProcess.StartInShell(line, file, [.. BackUp, "--stdin"]);

    private static long BytesNew(CommandResult backup) => long.Parse(backup["bytesNew"], CultureInfo.InvariantCulture);

    private int StoredJobs() => Directory.GetFiles(Path.Combine(_place.Store, "jobs"), "*", SearchOption.AllDirectories).Length;

    private async Task RequireCancelledAsync()
    {
        Assert.Empty((await _place.RunOnItemAsync(Item, "recoverypoint", "list")).Exits(0).Json.EnumerateArray());
        var job = (await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup")).Exits(0).Json[0];
        Assert.Equal(("Cancelled", 0), (job.GetProperty("status").GetString(), job.GetProperty("errorDetails").GetArrayLength()));
    }

    private async Task RequireNothingAsync(string code, string message)
    {
        Assert.Empty((await _place.RunOnItemAsync(Item, "recoverypoint", "list")).Exits(0).Json.EnumerateArray());
        var job = (await _place.RunAsync("job", "list", "--vault-name", "docs", "--operation", "Backup")).Exits(0).Json[0];
        Assert.Equal("Failed", job.GetProperty("status").GetString());
        var error = job.GetProperty("errorDetails")[0];
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private async Task RequireRestoredAsync(byte[] content)
    {
        (await _place.RunOnItemAsync(Item, "restore", "run", "--target", _place["restored"])).Exits(0);
        var file = Path.Combine(_place["restored"], Item);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await File.ReadAllBytesAsync(file)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
