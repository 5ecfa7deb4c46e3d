using System.ComponentModel;
using System.Diagnostics;
using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Streams;

/// <summary>
/// What a command writes to its standard output, as content: whole only if the command then ends with exit code 0. It gets an empty
/// standard input; what it writes to standard error goes to ours. Disposing ends the command if it still runs.
/// </summary>
/// <remarks>Messages name the program only: its arguments may hold secrets.</remarks>
internal sealed class CommandStream : OutsideStream
{
    /// <summary>A shell says 128 and the signal's number when a signal ended a command, and so does .NET.</summary>
    private const int SignalBase = 128;

    /// <summary>What a command gets to clean up in before it is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>How long what a command left running may be silent when the command itself has ended.</summary>
    internal static readonly TimeSpan SilenceAfterEnd = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly string _program;
    private readonly TimeProvider _time;
    private readonly Task _ended;

    private CommandStream(Process process, string program, TimeProvider time)
        : base(process.StandardOutput.BaseStream, $"The output of '{program}'") =>
        (_process, _program, _time, _ended) = (process, program, time, process.WaitForExitAsync());

    /// <summary>Starts the command: a program, found as a shell finds it, and its arguments.</summary>
    /// <exception cref="VaultException">CommandFailed: it cannot be started.</exception>
    public static CommandStream Start(IReadOnlyList<string> command, TimeProvider time)
    {
        var program = command[0];
        var start = new ProcessStartInfo(ProgramPath.Find(program) ?? throw NotStarted(program, "it was not found"), command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        try
        {
            var process = Process.Start(start) ?? throw NotStarted(program, "the system gave no reason");
            process.StandardInput.Close();
            return new CommandStream(process, program, time);
        }
        catch (Win32Exception e)
        {
            throw NotStarted(program, Errno.Describe(e.NativeErrorCode));
        }
    }

    /// <summary>
    /// What a command leaves running may hold its output open for ever. If the command failed, nothing that still comes matters; if it did
    /// not, what comes belongs to its output, but nobody knows whether a long silence is the end.
    /// </summary>
    protected override async Task<int> AwaitAsync(Task<int> read, CancellationToken cancellation)
    {
        await Task.WhenAny(read, _ended).WaitAsync(cancellation);
        if (read.IsCompleted)
            return await read;
        await RequireWholeAsync(cancellation);
        try
        {
            return await read.WaitAsync(SilenceAfterEnd, _time, cancellation);
        }
        catch (TimeoutException)
        {
            throw new VaultException(
                ErrorCodes.CommandFailed,
                $"The command '{_program}' ended, but something it started still holds its output open and says nothing: there is no recovery point.",
                "Let the command wait for what it starts, or send the output of that elsewhere."
            );
        }
    }

    protected override async Task RequireWholeAsync(CancellationToken cancellation)
    {
        await _ended.WaitAsync(cancellation);
        // Ctrl-C reaches the command too: then we end because of the key, not because of what it did to the command.
        cancellation.ThrowIfCancellationRequested();
        if (_process.ExitCode == 0)
            return;
        var signal = _process.ExitCode > SignalBase ? $" (as after signal {_process.ExitCode - SignalBase})" : "";
        throw new VaultException(
            ErrorCodes.CommandFailed,
            $"The command '{_program}' ended with exit code {_process.ExitCode}{signal}: there is no recovery point of what it wrote."
        );
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await EndAsync();
        await _ended;
        _process.Dispose();
        await base.DisposeAsync();
    }

    private async Task EndAsync()
    {
        // Asked first, so that it can remove what it made; it may end by itself at any moment.
        Libc.Terminate(_process.Id);
        try
        {
            await _ended.WaitAsync(Grace, _time);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private static VaultException NotStarted(string program, string why) =>
        new(
            ErrorCodes.CommandFailed,
            $"The command '{program}' could not be started: {why}.",
            "Check its name; without a slash in it, PATH must lead to it."
        );
}
