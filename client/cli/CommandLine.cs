using System.CommandLine;
using RecoveryVault.Cli.Commands;

namespace RecoveryVault.Cli;

/// <summary>The whole command line as one tree.</summary>
public static class CommandLine
{
    /// <summary>Time to give sessions back after Ctrl-C before the process ends anyway.</summary>
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(30);

    public static RootCommand Build()
    {
        var root = new RootCommand("A backup vault whose data only the key in your Key Vault can open.")
        {
            QuickstartCommand.Build(),
            KeyVaultCommands.Build(),
            VaultCommands.Build(),
            ProtectionCommands.Build(),
            ItemCommands.Build(),
            RecoveryPointCommands.Build(),
            RestoreCommands.Build(),
            JobCommands.Build(),
            ActivityLogCommands.Build(),
            StoreCommands.Build(),
        };
        foreach (var option in GlobalOptions.All)
            root.Options.Add(option);
        HelpWithExamples.Install(root);
        return root;
    }

    /// <summary>
    /// Runs a command line and returns the exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 done with warnings, 130 interrupted.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Build().Parse(args);
        if (parsed.Errors.Count > 0)
            return WrongUsage(parsed);
        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = InterruptGrace }
        );
    }

    private static int WrongUsage(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
            Console.Error.WriteLine(error.Message);
        var command = parsed.CommandResult.Command;
        Console.Error.WriteLine($"See '{Invocation.PathOf(command)} --help'.");
        return ExitCodes.WrongUsage;
    }
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
