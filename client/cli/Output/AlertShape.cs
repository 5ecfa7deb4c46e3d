using RecoveryVault.Alerts;

namespace RecoveryVault.Cli.Output;

/// <summary>An open alert of a vault.</summary>
internal sealed record AlertShape(
    Guid AlertId,
    string Name,
    string Severity,
    string Code,
    string Subject,
    DateTimeOffset Since,
    string Description,
    string Recommendation
)
{
    public static AlertShape Of(VaultAlert a) =>
        new(a.AlertId, a.Name, a.Severity.ToString(), a.Code, a.Subject, a.Since, a.Description, a.Recommendation);
}
