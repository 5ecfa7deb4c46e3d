using System.CommandLine;

namespace RecoveryVault.Cli;

/// <summary>Options every command takes, before or after it; environment variables give their defaults.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Cluster = Text(
        "--cluster",
        "Gateways of a cluster, host:port[,host:port] (RVAULT_CLUSTER); none: a silo inside this process."
    );

    public static readonly Option<string?> Store = Text("--store", "The store's directory (RVAULT_STORE); default ~/.recoveryvault.");

    public static readonly Option<string?> Keys = Text(
        "--keys",
        "The directory of the store's keys (RVAULT_KEYS); default ~/.config/recoveryvault/stores/STORE-ID."
    );

    public static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "table (default), or json: one document on standard output.",
        DefaultValueFactory = _ => "table",
        Recursive = true,
        HelpName = "table|json",
    };

    public static readonly Option<int> Wait = new("--wait")
    {
        Description = "Seconds to wait for another process that works on the store (default 30).",
        DefaultValueFactory = _ => 30,
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

    static GlobalOptions()
    {
        Output.AcceptOnlyFromAmong("table", "json");
        Wait.Validators.Add(result =>
        {
            if (result.Errors.Any() || result.GetValueOrDefault<int>() >= 0)
                return;
            result.AddError("--wait takes a number of seconds, 0 or more.");
        });
    }

    private static Option<string?> Text(string name, string description) =>
        new(name)
        {
            Description = description,
            Recursive = true,
            HelpName = "DIR",
        };
}
