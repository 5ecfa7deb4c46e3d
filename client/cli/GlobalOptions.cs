using System.CommandLine;
using RecoveryVault.Cli.Commands;

namespace RecoveryVault.Cli;

/// <summary>Options every command takes, before or after it; environment variables give their defaults.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Cluster = Text(
        "--cluster",
        "Gateways of a cluster, host:port[,host:port] (RVAULT_CLUSTER); none: a silo inside this process.",
        "GATEWAYS"
    );

    public static readonly Option<string?> Store = Text(
        "--store",
        "The store's directory (RVAULT_STORE); default ~/.recoveryvault.",
        "DIR"
    );

    public static readonly Option<string?> Keys = Text(
        "--keys",
        "The directory of the store's keys (RVAULT_KEYS); default ~/.config/recoveryvault/stores/STORE-ID.",
        "DIR"
    );

    public static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "For people, or one JSON document on standard output.",
        DefaultValueFactory = _ => "table",
        Recursive = true,
        HelpName = "table|json",
    };

    public static readonly Option<int> Wait = new("--wait")
    {
        Description = "Seconds to wait for another process that works on the store.",
        DefaultValueFactory = _ => 30,
        CustomParser = result => OptionValues.Read<int>(result, "a number of seconds, 0 or more", OptionValues.TryCount) ?? 0,
        Recursive = true,
        HelpName = "SECONDS",
    };

    public static readonly Option<bool> NoProgress = new("--no-progress") { Description = "Show no progress.", Recursive = true };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Tell more on standard error, also of faults of the program itself.",
        Recursive = true,
    };

    public static IEnumerable<Option> All => [Cluster, Store, Keys, Output, Wait, NoProgress, Verbose];

    static GlobalOptions() => Output.AcceptOnlyFromAmong("table", "json");

    private static Option<string?> Text(string name, string description, string placeholder) =>
        new(name)
        {
            Description = description,
            Recursive = true,
            HelpName = placeholder,
        };
}
