using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Streams;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Streams;

public sealed class CommandOutputTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("no-such-program", "'no-such-program' could not be started: it was not found")]
    [InlineData("/etc", "'/etc' could not be started: ")]
    [InlineData("./no-such-program", "'./no-such-program' could not be started: No such file or directory")]
    public void Open_CannotBeStarted_Fails(string program, string message)
    {
        var refusal = Assert.Throws<VaultException>(() => CommandOutput.Open([program, "secret"], TimeProvider.System));
        Assert.Equal(ErrorCodes.CommandFailed, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit 1", "exit code 1:")]
    [InlineData("echo much; exit 77", "exit code 77:")]
    [InlineData("echo much; kill -9 $$", "exit code 137 (as after signal 9)")]
    [InlineData("exec >&-; exit 5", "exit code 5:")]
    public async Task Read_CommandFails_FailsInPlaceOfItsEnd(string script, string message)
    {
        await using var content = Open(script);
        var refusal = await Assert.ThrowsAsync<VaultException>(() => content.CopyToAsync(Stream.Null));
        Assert.Equal(ErrorCodes.CommandFailed, refusal.Code);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_CommandFailsAndLeavesAChild_FailsWithoutWaitingForIt()
    {
        await using var content = Open("sleep 1000 & echo $! > \"$0\"; exit 3", _scratch["child"]);
        var refusal = await Assert.ThrowsAsync<VaultException>(() => content.CopyToAsync(Stream.Null));
        Assert.Contains("exit code 3:", refusal.Message, StringComparison.Ordinal);
        await KillAsync(_scratch["child"]);
    }

    [Fact]
    public async Task Read_CommandEndsAndLeavesASilentChild_Fails()
    {
        var time = new FakeTimeProvider();
        string[] command = ["sh", "-c", "sleep 1000 & echo $! > \"$0\"; echo half", _scratch["child"]];
        await using var content = CommandOutput.Open(command, time);
        var reading = content.CopyToAsync(Stream.Null);
        while (!reading.IsCompleted)
        {
            time.Advance(CommandStream.SilenceAfterEnd);
            await Task.Yield();
        }
        var refusal = await Assert.ThrowsAsync<VaultException>(() => reading);
        Assert.Equal(ErrorCodes.CommandFailed, refusal.Code);
        Assert.Contains("'sh' ended, but something it started", refusal.Message, StringComparison.Ordinal);
        await KillAsync(_scratch["child"]);
    }

    [Fact]
    public async Task Read_CommandEndsAndItsChildWrites_TakesThatToo()
    {
        await using var content = Open("mkfifo \"$0\"; { cat \"$0\"; } & echo early", _scratch["fifo"]);
        using var reader = new StreamReader(content, Encoding.UTF8);
        Assert.Equal("early", await reader.ReadLineAsync());
        await File.WriteAllTextAsync(_scratch["fifo"], "late\n");
        Assert.Equal("late\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Read_GivenUp_EndsTheCommandWhichMayCleanUp()
    {
        const string Script = "trap 'echo > \"$0\"; exit' TERM; echo; while :; do sleep 0.01; done";
        var cleaned = _scratch["cleaned"];
        using var giveUp = new CancellationTokenSource();
        await using (var content = CommandOutput.Open(["sh", "-c", Script, cleaned], TimeProvider.System))
        {
            var buffer = new byte[10];
            Assert.Equal(1, await content.ReadAsync(buffer));
            var waiting = content.ReadAsync(buffer, giveUp.Token).AsTask();
            await giveUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            Assert.False(File.Exists(cleaned));
        }
        Assert.True(File.Exists(cleaned));
    }

    [Fact]
    public async Task Read_CommandReadsItsInput_FindsItEmpty()
    {
        await using var content = Open("cat; echo end");
        using var reader = new StreamReader(content, Encoding.UTF8);
        Assert.Equal("end\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Read_ArgumentsWithBlanksAndDollars_ReachTheCommandAsTheyAre()
    {
        await using var content = CommandOutput.Open(["printf", "%s|", "a b", "$HOME", "", "--", "*"], TimeProvider.System);
        using var reader = new StreamReader(content, Encoding.UTF8);
        Assert.Equal("a b|$HOME||--|*|", await reader.ReadToEndAsync());
    }

    private static Stream Open(string script, string file = "sh") => CommandOutput.Open(["sh", "-c", script, file], TimeProvider.System);

    private static async Task KillAsync(string pidFile)
    {
        using var child = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pidFile), CultureInfo.InvariantCulture));
        child.Kill();
    }
}
