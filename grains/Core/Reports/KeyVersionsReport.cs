using RecoveryVault.Keys;

namespace RecoveryVault.Reports;

/// <summary>Every key version that is needed or once was, with what needs it, found in storage at the report's time.</summary>
public sealed record KeyVersionsReport : ReportHeader
{
    /// <summary>The same list that is shown without a signature.</summary>
    public required IReadOnlyList<KeyVersionUse> Versions { get; init; }
}
