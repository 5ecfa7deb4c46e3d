using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Retention;
using Spectre.Console;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault policy …</c></summary>
internal static class PolicyCommands
{
    public static Command Build() =>
        CommandParts.Group("policy", "Retention policies of a vault.", Create(), Set(), ShowOne(), List(), Delete());

    private static CliCommand Create() =>
        Change(
            "create",
            "Makes a retention policy: what any of its rules keeps is kept, everything else expires.",
            "rvault policy create --vault-name docs --name careful --keep-last 3 --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --keep-yearly 10",
            (vault, request) => vault.Vault.CreatePolicyAsync(request)
        );

    private static CliCommand Set() =>
        Change(
            "set",
            "Changes a retention policy; rules that are not given stay as they are, 0 takes one away. What is kept less is let go only after the time for which deletions can be taken back.",
            "rvault policy set --vault-name docs --name careful --keep-daily 14 --keep-last 0",
            (vault, request) => vault.Vault.SetPolicyAsync(request)
        );

    private static CliCommand Change(
        string verb,
        string description,
        string example,
        Func<NamedVault, ChangePolicy, Task<RetentionPolicy>> change
    )
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("policy"));
        var last = OptionValues.Number("--keep-last", "Keep the newest N recovery points.", "N");
        var daily = OptionValues.Number("--keep-daily", "Keep the newest of each of the last N days that have one (UTC).", "N");
        var weekly = OptionValues.Number("--keep-weekly", "The same for weeks, Monday to Sunday.", "N");
        var monthly = OptionValues.Number("--keep-monthly", "The same for months.", "N");
        var yearly = OptionValues.Number("--keep-yearly", "The same for years.", "N");
        var command = new CliCommand(verb, description, example) { vaultName, name, last, daily, weekly, monthly, yearly };
        command.Validators.Add(result =>
        {
            Option[] rules = [last, daily, weekly, monthly, yearly];
            if (rules.All(rule => result.GetResult(rule) is null or { Implicit: true }))
                result.AddError($"Give at least one of {string.Join(", ", rules.Select(rule => rule.Name))}.");
        });
        return command.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var policy = await change(
                    vault,
                    new ChangePolicy
                    {
                        OperationId = Guid.NewGuid(),
                        Name = run.Require(name),
                        Last = run.Get(last),
                        Daily = run.Get(daily),
                        Weekly = run.Get(weekly),
                        Monthly = run.Get(monthly),
                        Yearly = run.Get(yearly),
                    }
                );
                run.Print(PolicyShape.Of(policy), OutputJson.Plain.PolicyShape, ShowPolicy);
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("policy"));
        return new CliCommand(
            "show",
            "Shows a retention policy and the items that follow it.",
            "rvault policy show --vault-name docs --name careful"
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var use = await vault.Vault.GetPolicyAsync(run.Require(name));
                run.Print(PolicyUseShape.Of(use), OutputJson.Plain.PolicyUseShape, ShowUse);
            }
        );
    }

    private static CliCommand List()
    {
        var vaultName = CommandParts.VaultName();
        return new CliCommand("list", "Lists a vault's retention policies.", "rvault policy list --vault-name docs") { vaultName }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var policies = await vault.Vault.ListPoliciesAsync();
                run.Print(
                    [.. policies.Select(PolicyShape.Of)],
                    OutputJson.Plain.PolicyShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No policies.",
                            ("Name", p => p.Name),
                            ("Last", p => Count(p.KeepLast)),
                            ("Daily", p => Count(p.KeepDaily)),
                            ("Weekly", p => Count(p.KeepWeekly)),
                            ("Monthly", p => Count(p.KeepMonthly)),
                            ("Yearly", p => Count(p.KeepYearly))
                        )
                );
            }
        );
    }

    private static CliCommand Delete()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("policy"));
        return new CliCommand(
            "delete",
            "Deletes a retention policy that no item follows.",
            "rvault policy delete --vault-name docs --name careful"
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var use = await vault.Vault.GetPolicyAsync(run.Require(name));
                await vault.Vault.DeletePolicyAsync(new DeletePolicy(Guid.NewGuid(), run.Require(name)));
                run.Print(
                    PolicyShape.Of(use.Policy),
                    OutputJson.Plain.PolicyShape,
                    (console, p) => console.WriteLine($"Policy {p.Name} is deleted.")
                );
            }
        );
    }

    private static void ShowPolicy(IAnsiConsole console, PolicyShape policy) => Show.Facts(console, [.. Facts(policy)]);

    private static void ShowUse(IAnsiConsole console, PolicyUseShape use) =>
        Show.Facts(console, [.. Facts(use), ("Followed by", use.ItemCount == 0 ? "no item" : Names(use))]);

    private static string Names(PolicyUseShape use) =>
        string.Join(" ", use.Items) + (use.ItemCount > use.Items.Count ? $" and {use.ItemCount - use.Items.Count} more" : "");

    private static IEnumerable<(string, string?)> Facts(PolicyShape policy) =>
        [
            ("Name", policy.Name),
            ("Keeps last", Count(policy.KeepLast)),
            ("Keeps daily", Count(policy.KeepDaily)),
            ("Keeps weekly", Count(policy.KeepWeekly)),
            ("Keeps monthly", Count(policy.KeepMonthly)),
            ("Keeps yearly", Count(policy.KeepYearly)),
            ("Goes on keeping", Former(policy.Former)),
        ];

    /// <summary>What was replaced by less and is kept for a while all the same; null when nothing is.</summary>
    public static string? Former(FormerRetention? former) =>
        former is null ? null
        : former.Rules is not { } rules ? $"everything it kept before, until {Show.Time(former.Until)}"
        : $"until {Show.Time(former.Until)} what it kept before: {Rules(rules)}";

    private static string Rules(RetentionRules rules) =>
        string.Join(
            ", ",
            new[]
            {
                (rules.Last, "last"),
                (rules.Daily, "daily"),
                (rules.Weekly, "weekly"),
                (rules.Monthly, "monthly"),
                (rules.Yearly, "yearly"),
            }
                .Where(rule => rule.Item1 > 0)
                .Select(rule => $"{Show.Count(rule.Item1)} {rule.Item2}")
        );

    private static string? Count(int count) => count > 0 ? Show.Count(count) : null;
}
