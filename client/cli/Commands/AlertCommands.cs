using System.CommandLine;
using RecoveryVault.Cli.Output;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault alert …</c></summary>
internal static class AlertCommands
{
    public static Command Build() => CommandParts.Group("alert", "What is the matter with vaults' keys.", List());

    private static CliCommand List()
    {
        var vaultName = CommandParts.VaultName();
        return new CliCommand(
            "list",
            "Looks at a vault's key now and lists what is the matter with it, what matters most first.",
            "rvault alert list --vault-name docs"
        )
        {
            vaultName,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var alerts = await vault.Vault.ListAlertsAsync();
                run.Print([.. alerts.Select(AlertShape.Of)], OutputJson.Plain.AlertShapeArray, ShowAlerts);
            }
        );
    }

    private static void ShowAlerts(IAnsiConsole console, AlertShape[] alerts)
    {
        if (alerts.Length == 0)
            console.WriteLine("No alerts.");
        foreach (var (alert, index) in alerts.Select((alert, index) => (alert, index)))
        {
            if (index > 0)
                console.WriteLine();
            Show.Facts(
                console,
                ("Alert", $"{alert.Name} ({alert.Severity}, {alert.Code})"),
                ("About", alert.Subject),
                ("Since", Show.Time(alert.Since)),
                ("What", alert.Description),
                ("Do", alert.Recommendation)
            );
        }
    }
}
