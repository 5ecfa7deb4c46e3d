using System.Globalization;

namespace RecoveryVault.Reports;

/// <summary>
/// What every report begins with. Time, vault and generation tell a report from an older one of the same vault, and from that of another.
/// </summary>
public record ReportHeader
{
    public const string Format1 = "recoveryvault-report-1";

    /// <summary>What of the rest must be there; a reader refuses others.</summary>
    public string Format { get; init; } = Format1;

    /// <summary>What the report is about: one of <see cref="ReportKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>ISO 8601, UTC, by the silo's clock.</summary>
    public required string Time { get; init; }

    public required string StoreId { get; init; }

    public required string VaultId { get; init; }

    public required string VaultName { get; init; }

    /// <summary>The vault's key generation: raised with each change of its key version.</summary>
    public required long Generation { get; init; }

    /// <summary>Who asked for the report, as the silo verified.</summary>
    public required string Caller { get; init; }

    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Values of a report's kind.</summary>
public static class ReportKinds
{
    /// <summary>What a change of the key would meet; nothing was changed.</summary>
    public const string KeyChange = nameof(KeyChange);

    /// <summary>Every key version, and what needs it.</summary>
    public const string KeyVersions = nameof(KeyVersions);
}
