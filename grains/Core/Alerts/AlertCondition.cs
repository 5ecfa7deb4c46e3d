namespace RecoveryVault.Alerts;

/// <summary>What an alert tells, as found now; the same name and subject again is the same alert.</summary>
/// <param name="Since">Since when, when that is known to be another time than that of the look.</param>
public sealed record AlertCondition(
    string Name,
    AlertSeverity Severity,
    string Code,
    string Subject,
    string Description,
    string Recommendation,
    DateTimeOffset? Since = null
)
{
    /// <summary>Some of it comes from key vaults, and a vault's record is bounded.</summary>
    public const int MaxTextLength = 300;

    public bool IsOf(VaultAlert alert) => alert.Name == Name && alert.Subject == Subject;

    public VaultAlert ToAlert(VaultAlert? open, DateTimeOffset now) =>
        new()
        {
            AlertId = open?.AlertId ?? Guid.NewGuid(),
            Name = Name,
            Severity = Severity,
            Code = Code,
            Subject = Subject,
            Since = open?.Since ?? Since ?? now,
            Description = Cut(Description),
            Recommendation = Cut(Recommendation),
        };

    public static AlertCondition Of(VaultAlert alert) =>
        new(alert.Name, alert.Severity, alert.Code, alert.Subject, alert.Description, alert.Recommendation, alert.Since);

    private static string Cut(string text)
    {
        var plain = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        return plain.Length <= MaxTextLength ? plain : plain[..(MaxTextLength - 1)] + "…";
    }
}
