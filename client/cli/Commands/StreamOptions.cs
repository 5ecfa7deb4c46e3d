using System.CommandLine;
using System.CommandLine.Parsing;
using RecoveryVault.Streams;

namespace RecoveryVault.Cli.Commands;

/// <summary>The options that let a backup take a stream in place of files: <c>--stdin</c> or <c>--stdin-from-command -- CMD…</c>.</summary>
internal sealed class StreamOptions
{
    private readonly Option<bool> _stdin = CommandParts.Flag("--stdin", "Take standard input as the content: one file of the item's name.");

    private readonly Option<bool> _fromCommand = new("--stdin-from-command")
    {
        Description = "Take what the command after -- writes; if it fails, there is no recovery point.",
        Arity = ArgumentArity.Zero,
    };

    private readonly Argument<string[]> _command = new("CMD")
    {
        Description = "After --: a program and its arguments, started without a shell.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Gives the options to a command, which refuses them together with those that are about reading files.</summary>
    public void AddTo(Command command, params IReadOnlyList<Option> ofFiles)
    {
        command.Options.Add(_stdin);
        command.Options.Add(_fromCommand);
        command.Arguments.Add(_command);
        command.Validators.Add(result => Check(result, ofFiles));
    }

    /// <summary>How to open the stream that was asked for; null when files are to be read.</summary>
    public Func<Stream>? Opening(Invocation run)
    {
        if (run.Get(_fromCommand))
        {
            var command = run.Require(_command);
            return () => CommandOutput.Open(command, Invocation.Time);
        }
        if (!run.Get(_stdin))
            return null;
        StandardInput.RequireRedirected();
        return StandardInput.Open;
    }

    private void Check(CommandResult result, IReadOnlyList<Option> ofFiles)
    {
        var words = result.GetResult(_command)?.Tokens ?? [];
        var fromCommand = result.GetResult(_fromCommand) is { Implicit: false };
        if (!fromCommand && words is [var first, ..])
            result.AddError($"Unrecognized command or argument '{first.Value}'.");
        if (fromCommand && words is [] or [{ Value: "" }, ..])
            result.AddError($"{_fromCommand.Name} takes a command after --, such as: {_fromCommand.Name} -- pg_dump mydb");
        Option[] streams = [.. new[] { _stdin, _fromCommand }.Where(option => result.GetResult(option) is { Implicit: false })];
        if (streams.Length == 2)
            result.AddError($"{_stdin.Name} and {_fromCommand.Name} exclude one another.");
        if (streams is [var stream, ..])
            foreach (var option in ofFiles.Where(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{stream.Name} reads no files: leave out {option.Name}.");
    }
}
