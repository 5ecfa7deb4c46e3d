using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>Where the command line writes for people: results on standard output, everything else on standard error.</summary>
internal sealed class Consoles(TextWriter output, TextWriter error)
{
    /// <summary>Wide enough that nothing is ever cut: a terminal wraps by itself.</summary>
    private const int UnboundedWidth = 4096;

    private IAnsiConsole? _output;
    private IAnsiConsole? _error;

    public TextWriter OutputWriter => output;

    public TextWriter ErrorWriter => error;

    public IAnsiConsole Output =>
        _output ??= Create(output, isTerminal: output == Console.Out && !Console.IsOutputRedirected, bounded: false);

    /// <summary>As wide as the terminal, which a progress bar must not leave.</summary>
    public IAnsiConsole Error => _error ??= Create(error, isTerminal: IsErrorTerminal, bounded: IsErrorTerminal);

    public bool IsErrorTerminal => error == Console.Error && !Console.IsErrorRedirected;

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal, bool bounded)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) };
        if (!isTerminal)
            (settings.Ansi, settings.ColorSystem, settings.Interactive) = (
                AnsiSupport.No,
                ColorSystemSupport.NoColors,
                InteractionSupport.No
            );
        var console = AnsiConsole.Create(settings);
        if (!bounded)
            console.Profile.Width = UnboundedWidth;
        return console;
    }
}
