using System.CommandLine;
using RecoveryVault.Cli.Commands;

namespace RecoveryVault.Cli;

/// <summary>The whole command line as one tree.</summary>
public static class CommandLine
{
    /// <summary>Time to give sessions back after Ctrl-C before the process ends anyway.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(30);

    /// <summary>An argument is what it says: one that begins with '@' is a name, not a file of more arguments.</summary>
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    public static RootCommand Build()
    {
        var root = new RootCommand("A backup vault whose data only the key in your Key Vault can open.")
        {
            QuickstartCommand.Build(),
            KeyVaultCommands.Build(),
            IdentityCommands.Build(),
            VaultCommands.Build(),
            ProtectionCommands.Build(),
            ItemCommands.Build(),
            PolicyCommands.Build(),
            RecoveryPointCommands.Build(),
            RestoreCommands.Build(),
            JobCommands.Build(),
            AlertCommands.Build(),
            ActivityLogCommands.Build(),
            ReportCommands.Build(),
            StoreCommands.Build(),
            ServeCommand.Build(),
            SiloCommand.Build(),
        };
        foreach (var option in GlobalOptions.All)
            root.Options.Add(option);
        HelpWithExamples.Install(root);
        return root;
    }

    /// <summary>
    /// Runs a command line and returns the exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 done with warnings, 130 interrupted.
    /// </summary>
    /// <param name="args">The arguments without the program's name.</param>
    /// <param name="output">In place of standard output.</param>
    /// <param name="error">In place of standard error.</param>
    /// <param name="endsProcess">The process ends with the command, and takes along what need not be ended in order.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? error = null, bool endsProcess = false)
    {
        var configuration = new RunConfiguration
        {
            EndsProcess = endsProcess,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = InterruptGrace,
            Output = output ?? Console.Out,
            Error = error ?? Console.Error,
        };
        var parsed = Build().Parse(args, Parsing);
        configuration.ProcessTerminationTimeout = SiloCommand.GraceOf(parsed) ?? InterruptGrace;
        return parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples
            ? WrongUsage(parsed, configuration.Error)
            : await parsed.InvokeAsync(configuration);
    }

    private static int WrongUsage(ParseResult parsed, TextWriter error)
    {
        var command = parsed.CommandResult.Command;
        foreach (var message in Unknown(parsed, command) ?? [.. parsed.Errors.Select(e => e.Message)])
            error.WriteLine(message);
        error.WriteLine($"See '{Invocation.PathOf(command)} --help'.");
        return ExitCodes.WrongUsage;
    }

    /// <summary>
    /// Where a subcommand is missing, what follows cannot be understood either: only the first word counts. Null where none is missing.
    /// </summary>
    private static string[]? Unknown(ParseResult parsed, Command command)
    {
        if (command.Subcommands.Count == 0)
            return null;
        var known = string.Join(", ", command.Subcommands.Select(c => c.Name));
        return parsed.UnmatchedTokens is [var word, ..]
            ? [$"{Invocation.PathOf(command)} has no command '{word}'. It has: {known}."]
            : [$"{Invocation.PathOf(command)} needs a command: {known}."];
    }
}

/// <summary>How a command line is run.</summary>
internal sealed class RunConfiguration : InvocationConfiguration
{
    /// <summary>The process ends with the command.</summary>
    public bool EndsProcess { get; init; }
}

/// <summary>What the process says by its exit code.</summary>
public static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int DoneWithWarnings = 3;
    public const int Interrupted = 130;
}
