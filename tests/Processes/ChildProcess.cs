using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace RecoveryVault.Tests.Processes;

/// <summary>
/// This test assembly as another process, playing one of <see cref="Roles"/>. Lines go in and come out; whoever waits says for what, and
/// a wait that fails shows what the child wrote to stderr. Disposing kills it.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _errorsRead;

    private ChildProcess(Process process)
    {
        _process = process;
        _errorsRead = ReadErrorsAsync();
    }

    /// <summary>The process id; with a wrapper, the wrapper's.</summary>
    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>What the child wrote to stderr so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts a role.</summary>
    public static ChildProcess Start(string role, params string[] arguments) => StartUnder([], role, arguments);

    /// <summary>Starts a role under another program that takes a command line to run, such as strace with its options.</summary>
    public static ChildProcess StartUnder(IReadOnlyList<string> wrapper, string role, params string[] arguments)
    {
        string[] line = [.. wrapper, DotnetPath, typeof(ChildProcess).Assembly.Location, "--role", role, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Children live for milliseconds: optimising their code again costs more than it saves.
        start.Environment["DOTNET_TieredPGO"] = "0";
        // The debugger's pipes would be files of the child's own among those a test counts.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"'{line[0]}' did not start."));
    }

    /// <summary>Writes one line to the child's stdin.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Closes the child's stdin.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>The next line of the child's stdout.</summary>
    /// <exception cref="ChildProcessException">It ended or stayed silent instead.</exception>
    public async Task<string> ReadLineAsync(string awaited) =>
        await BeforePatienceEndsAsync(_process.StandardOutput.ReadLineAsync(), awaited)
        ?? throw await FailureAsync($"ended without {awaited}");

    /// <summary>All further lines of stdout, up to the child's end.</summary>
    public async Task<IReadOnlyList<string>> ReadToEndAsync()
    {
        var text = await BeforePatienceEndsAsync(_process.StandardOutput.ReadToEndAsync(), "its end");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Waits for the child's end and returns its exit code; 137 is a SIGKILL.</summary>
    public Task<int> WaitAsync() => WaitAsync(Patience);

    /// <summary>The same, for a child that shares the machine with many.</summary>
    public async Task<int> WaitAsync(TimeSpan patience)
    {
        await BeforePatienceEndsAsync(EndAsync(), "its end", patience);
        return _process.ExitCode;
    }

    /// <summary>Waits for the child's end.</summary>
    /// <exception cref="ChildProcessException">The exit code was not 0.</exception>
    public async Task RequireSuccessAsync()
    {
        var code = await WaitAsync();
        if (code != 0)
            throw await FailureAsync($"exited with {code}");
    }

    /// <summary>kill -9, and its end awaited.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await WaitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    /// <summary>Runs a program to its end; whether it exited with 0. A program that does not exist did not.</summary>
    public static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            );
            return process is not null && process.WaitForExit(Patience) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static string DotnetPath => Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    private async Task EndAsync()
    {
        await _process.WaitForExitAsync();
        await _errorsRead;
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
                _errors.AppendLine(line);
        }
    }

    private async Task<T> BeforePatienceEndsAsync<T>(Task<T> task, string awaited)
    {
        await BeforePatienceEndsAsync((Task)task, awaited);
        return await task;
    }

    private async Task BeforePatienceEndsAsync(Task task, string awaited, TimeSpan? patience = null)
    {
        var limit = patience ?? Patience;
        try
        {
            await task.WaitAsync(limit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw await FailureAsync($"was silent for {limit.TotalSeconds:0} s instead of {awaited}");
        }
    }

    /// <summary>The error of a child that is of no further use; what it wrote to stderr is complete when it has ended.</summary>
    private async Task<ChildProcessException> FailureAsync(string what)
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await EndAsync();
        return new ChildProcessException($"The child process {what}. Its stderr:\n{Errors}");
    }
}
