using System.Reflection;
using System.Text.RegularExpressions;
using RecoveryVault.Alerts;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Tests.Telemetry;

/// <summary>The values that attributes of metrics can have, as the table of metrics says.</summary>
internal static partial class KnownAttributes
{
    private static readonly HashSet<string> Operations = Constants(typeof(JobOperations));
    private static readonly HashSet<string> Alerts = Constants(typeof(AlertNames));
    private static readonly HashSet<string> Codes = [.. Constants(typeof(ErrorCodes))];

    public static bool Allow(string metric, string attribute, string value)
    {
        var documented = MetricsDocument.Metrics.FirstOrDefault(m => m.Name == metric);
        if (documented is null || !documented.Attributes.TryGetValue(attribute, out var values))
            return false;
        return values switch
        {
            "an operation" => Operations.Contains(value),
            "an alert" => Alerts.Contains(value),
            "a code" => Codes.Contains(value),
            "a host" => Host().IsMatch(value),
            "a status" => Status().IsMatch(value),
            _ => values.Split(", ").Contains(value),
        };
    }

    private static HashSet<string> Constants(Type type) =>
        [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetValue(null)).OfType<string>()];

    [GeneratedRegex(@"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
    private static partial Regex Host();

    [GeneratedRegex(@"^(0|[1-5]\d\d)$")]
    private static partial Regex Status();
}
