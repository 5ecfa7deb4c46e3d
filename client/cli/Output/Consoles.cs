using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>Where the command line writes for people: results on standard output, everything else on standard error.</summary>
internal static class Consoles
{
    /// <summary>Wide enough that nothing is wrapped when the output goes into a file or another program.</summary>
    private const int UnboundedWidth = 4096;

    private static readonly Lazy<IAnsiConsole> LazyOutput = new(() => Create(Console.Out, Console.IsOutputRedirected));
    private static readonly Lazy<IAnsiConsole> LazyError = new(() => Create(Console.Error, Console.IsErrorRedirected));

    public static IAnsiConsole Output => LazyOutput.Value;

    public static IAnsiConsole Error => LazyError.Value;

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
            console.Profile.Width = UnboundedWidth;
        return console;
    }
}
