using System.CommandLine;
using RecoveryVault.Cli;

namespace RecoveryVault.Tests.Cli;

/// <summary>All commands of the program.</summary>
internal static class CommandTree
{
    /// <summary>The words of every command, groups too; the program itself has none.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Paths(CommandLine.Build(), "").Select(p => p.Path)];

    /// <summary>The words of every command that does something.</summary>
    public static IReadOnlyList<string> Leaves { get; } =
    [.. Paths(CommandLine.Build(), "").Where(p => p.Command.Subcommands.Count == 0).Select(p => p.Path)];

    private static IEnumerable<(string Path, Command Command)> Paths(Command command, string path) =>
        command.Subcommands.SelectMany(inner => Paths(inner, $"{path} {inner.Name}".Trim())).Prepend((path, command));
}
