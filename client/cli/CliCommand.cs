using System.CommandLine;

namespace RecoveryVault.Cli;

/// <summary>A command with an example in its help, whose action runs in an <see cref="Invocation"/>.</summary>
internal sealed class CliCommand : Command
{
    public CliCommand(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    public IReadOnlyList<string> Examples { get; }

    /// <summary>Sets the action; what it throws becomes the exit code and message of the contract.</summary>
    public CliCommand Runs(Func<Invocation, CancellationToken, Task<int>> action)
    {
        SetAction((parsed, cancellation) => Invocation.RunAsync(parsed, action, cancellation));
        return this;
    }

    /// <summary>Sets an action that either does its work or fails.</summary>
    public CliCommand Runs(Func<Invocation, CancellationToken, Task> action) =>
        Runs(
            async (run, cancellation) =>
            {
                await action(run, cancellation);
                return ExitCodes.Done;
            }
        );
}
