using System.CommandLine;

namespace RecoveryVault.Cli.Commands;

/// <summary>Options many commands have.</summary>
internal static class CommandParts
{
    public static Option<string> Name(string what) => Text("--name", $"The {what}'s name.", "NAME", "-n");

    public static Option<string> VaultName() => Text("--vault-name", "The vault's name.", "VAULT", "-v");

    public static Option<string> ItemName() => Text("--item-name", "The protected item's name.", "ITEM", "-i");

    public static Option<string> Text(string name, string description, string placeholder, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            Required = true,
            HelpName = placeholder,
        };

    public static Option<string?> Optional(string name, string description, string placeholder) =>
        new(name) { Description = description, HelpName = placeholder };

    public static Option<string[]> Many(string name, string description, string placeholder) =>
        new(name)
        {
            Description = description,
            HelpName = placeholder,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>A path of this machine; an empty one would be nowhere.</summary>
    public static Option<string> FilePath(string name, string description, string placeholder)
    {
        var option = Text(name, description, placeholder);
        RefuseEmpty(option);
        return option;
    }

    /// <summary>Refuses an empty value as wrong usage.</summary>
    public static void RefuseEmpty(Option option) =>
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError($"{option.Name} is empty.");
        });

    /// <summary>Accepts only these values.</summary>
    public static Option<string?> Among(this Option<string?> option, params string[] values)
    {
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    /// <summary>A command with subcommands only.</summary>
    public static Command Group(string name, string description, params IEnumerable<Command> commands)
    {
        var group = new CliCommand(name, description);
        foreach (var command in commands)
            group.Subcommands.Add(command);
        return group;
    }
}
