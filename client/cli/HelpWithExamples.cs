using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RecoveryVault.Cli;

/// <summary>The usual help, followed by the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public static void Install(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        if (help.Action is HelpAction usual)
            help.Action = new HelpWithExamples(usual);
    }

    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        var examples = ExamplesOf(parseResult.CommandResult.Command);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples)
            output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }

    /// <summary>A command's own; of a group, the first of each command in it.</summary>
    private static List<string> ExamplesOf(Command command) =>
        command is CliCommand { Examples.Count: > 0 } own
            ? [.. own.Examples]
            : [.. command.Subcommands.SelectMany(inner => ExamplesOf(inner).Take(1))];
}
