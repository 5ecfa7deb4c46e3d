using System.Diagnostics;

namespace RecoveryVault.Tests.Cli;

/// <summary>
/// The program itself as a process. What it writes to standard error is read only when the test asks: until then a program that has much
/// to say there stands still in the middle of its work, as long as the test wants.
/// </summary>
internal sealed class RvaultProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Root without the power to read what its permissions forbid; for anybody else nothing is to be given up.</summary>
    private static readonly string[] WithoutPowers = Environment.IsPrivilegedProcess
        ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
        : [];

    private readonly Process _process;
    private readonly string _command;
    private readonly Task<string> _output;

    private RvaultProcess(Process process, string command)
    {
        (_process, _command) = (process, command);
        _output = process.StandardOutput.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public static RvaultProcess Start(params IReadOnlyList<string> arguments) => StartUnder([], arguments);

    /// <summary>Starts it so that a file of mode 000 cannot be read.</summary>
    public static RvaultProcess StartWithoutPowers(params IReadOnlyList<string> arguments) => StartUnder(WithoutPowers, arguments);

    /// <summary>Starts it with what a shell makes of a line, which runs it as <c>"$@"</c>; <c>$0</c> is the file.</summary>
    public static RvaultProcess StartInShell(string line, string file, params IReadOnlyList<string> arguments) =>
        StartUnder(["sh", "-c", line, file], arguments);

    private static RvaultProcess StartUnder(IReadOnlyList<string> wrapper, IReadOnlyList<string> arguments)
    {
        string[] line = [.. wrapper, "dotnet", Path.Combine(AppContext.BaseDirectory, "rvault.dll"), .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new RvaultProcess(
            Process.Start(start) ?? throw new InvalidOperationException($"'{line[0]}' did not start."),
            $"rvault {string.Join(' ', arguments)}"
        );
    }

    /// <summary>Sends a signal, such as INT.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Reads everything up to its end.</summary>
    public async Task<CommandResult> EndAsync()
    {
        var error = await _process.StandardError.ReadToEndAsync().WaitAsync(Patience, TimeProvider.System);
        var output = await _output.WaitAsync(Patience, TimeProvider.System);
        await _process.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        return new CommandResult(_command, _process.ExitCode, output, error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
