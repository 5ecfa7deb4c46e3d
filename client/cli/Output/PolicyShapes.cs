using System.Text.Json.Serialization;
using RecoveryVault.Retention;

namespace RecoveryVault.Cli.Output;

internal record PolicyShape(
    string Name,
    int KeepLast,
    int KeepDaily,
    int KeepWeekly,
    int KeepMonthly,
    int KeepYearly,
    FormerRetention? Former
)
{
    public static PolicyShape Of(RetentionPolicy policy) =>
        new(
            policy.Name,
            policy.Rules.Last,
            policy.Rules.Daily,
            policy.Rules.Weekly,
            policy.Rules.Monthly,
            policy.Rules.Yearly,
            policy.Former
        );
}

internal sealed record PolicyUseShape(
    string Name,
    int KeepLast,
    int KeepDaily,
    int KeepWeekly,
    int KeepMonthly,
    int KeepYearly,
    FormerRetention? Former,
    [property: JsonPropertyOrder(1)] IReadOnlyList<string> Items,
    [property: JsonPropertyOrder(1)] int ItemCount
) : PolicyShape(Name, KeepLast, KeepDaily, KeepWeekly, KeepMonthly, KeepYearly, Former)
{
    public static PolicyUseShape Of(RetentionPolicyUse use)
    {
        var rules = use.Policy.Rules;
        return new(
            use.Policy.Name,
            rules.Last,
            rules.Daily,
            rules.Weekly,
            rules.Monthly,
            rules.Yearly,
            use.Policy.Former,
            use.ItemNames,
            use.ItemCount
        );
    }
}
