namespace RecoveryVault.Tests.Processes;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task ChildProcess_EndsEarly_WaiterIsToldWhatWasAwaitedAndSeesStderr()
    {
        await using var child = ChildProcess.Start("no-such-role");
        var error = await Assert.ThrowsAsync<ChildProcessException>(() => child.ReadLineAsync("the greeting"));
        Assert.Contains("the greeting", error.Message, StringComparison.Ordinal);
        Assert.Contains("usage: --role", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChildProcess_ExitsWithACode_SuccessIsNotGranted()
    {
        await using var child = ChildProcess.Start("echo");
        await child.WriteLineAsync("exit 3");
        Assert.Equal(3, await child.WaitAsync());
        await Assert.ThrowsAsync<ChildProcessException>(child.RequireSuccessAsync);
    }

    [Fact]
    public async Task ChildProcess_Killed_ExitsBySignal()
    {
        await using var child = ChildProcess.Start("echo");
        await child.WriteLineAsync("up");
        await child.ReadLineAsync("the echo");
        await child.KillAsync();
        Assert.Equal(137, await child.WaitAsync());
    }

    [Fact]
    public async Task ChildProcess_Lines_GoInAndComeOut()
    {
        await using var child = ChildProcess.Start("echo");
        await child.WriteLineAsync("one");
        Assert.Equal("one", await child.ReadLineAsync("the first echo"));
        await child.WriteLineAsync("two");
        await child.WriteLineAsync("three");
        child.CloseInput();
        Assert.Equal(["two", "three"], await child.ReadToEndAsync());
        await child.RequireSuccessAsync();
    }
}
