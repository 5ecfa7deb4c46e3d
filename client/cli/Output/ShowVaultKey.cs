using RecoveryVault.Keys;
using RecoveryVault.Vaults;
using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>Tables about a vault's key, which more than one command prints.</summary>
internal static class ShowVaultKey
{
    public static void Checklist(IAnsiConsole console, IReadOnlyCollection<ChecklistEntry> entries) =>
        Show.Table(
            console,
            entries,
            "",
            ("Step", e => e.Step == 0 ? "-" : $"{e.Step}"),
            ("Precondition", e => e.Name),
            (
                "Met",
                e =>
                    e.Met switch
                    {
                        true => "yes",
                        false => "NO",
                        _ => "?",
                    }
            ),
            ("Found", e => e.Detail),
            ("Fix", e => e.Met == true ? "" : e.Fix)
        );

    public static void Versions(IAnsiConsole console, IReadOnlyCollection<KeyVersionUse> versions) =>
        Show.Table(
            console,
            versions,
            "No version of a key of yours was ever needed: the vault has platform-managed keys.",
            ("Key version", v => v.KeyVersion),
            ("State", v => v.State),
            ("Safe to disable", v => v.SafeToDisable ? "yes" : "no"),
            (
                "Needed by",
                v =>
                    v.NeededBy.Count <= 5
                        ? string.Join(", ", v.NeededBy)
                        : $"{string.Join(", ", v.NeededBy.Take(5))} and {v.NeededBy.Count - 5} more"
            )
        );
}
