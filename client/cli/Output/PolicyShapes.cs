using System.Text.Json.Serialization;
using RecoveryVault.Retention;

namespace RecoveryVault.Cli.Output;

internal record PolicyShape(string Name, int KeepLast, int KeepDaily, int KeepWeekly, int KeepMonthly, int KeepYearly)
{
    public static PolicyShape Of(RetentionPolicy policy) =>
        new(policy.Name, policy.Rules.Last, policy.Rules.Daily, policy.Rules.Weekly, policy.Rules.Monthly, policy.Rules.Yearly);
}

internal sealed record PolicyUseShape(
    string Name,
    int KeepLast,
    int KeepDaily,
    int KeepWeekly,
    int KeepMonthly,
    int KeepYearly,
    [property: JsonPropertyOrder(1)] IReadOnlyList<string> Items,
    [property: JsonPropertyOrder(1)] int ItemCount
) : PolicyShape(Name, KeepLast, KeepDaily, KeepWeekly, KeepMonthly, KeepYearly)
{
    public static PolicyUseShape Of(RetentionPolicyUse use)
    {
        var rules = use.Policy.Rules;
        return new(use.Policy.Name, rules.Last, rules.Daily, rules.Weekly, rules.Monthly, rules.Yearly, use.ItemNames, use.ItemCount);
    }
}
