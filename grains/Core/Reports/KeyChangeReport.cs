using RecoveryVault.Vaults;

namespace RecoveryVault.Reports;

/// <summary>What a change of the customer-managed key would meet, found out without changing anything.</summary>
public sealed record KeyChangeReport : ReportHeader
{
    /// <summary>The key URI asked for, as it was given.</summary>
    public required string? KeyUri { get; init; }

    /// <summary>The identity that would open the key; null when there is none.</summary>
    public required string? Principal { get; init; }

    /// <summary>Whether the change would be taken.</summary>
    public required bool Accepted { get; init; }

    /// <summary>The first refusal the change would meet.</summary>
    public required ReportedRefusal? Refusal { get; init; }

    /// <summary>Everything that is asked of vault and key, in the order of the change.</summary>
    public required IReadOnlyList<ChecklistEntry> Checks { get; init; }

    /// <summary>The version in force; null with platform-managed keys.</summary>
    public required string? KeyVersion { get; init; }

    /// <summary>What would be in force.</summary>
    public required ReportedKey? NewKey { get; init; }

    public required ReportedItems Items { get; init; }

    public required RewrapEstimate Estimate { get; init; }
}

/// <summary>A refusal as it would have been thrown.</summary>
public sealed record ReportedRefusal(string Code, string Message, string Recommendation);

/// <summary>A key version that was looked at.</summary>
/// <param name="RoundTrip">Whether a test value was wrapped and unwrapped by it.</param>
public sealed record ReportedKey(
    string KeyId,
    string? KeyVersion,
    string KeyType,
    int SizeBits,
    string PublicKeyThumbprint,
    bool RoundTrip
);

/// <summary>What the change would do to the vault's items.</summary>
/// <param name="Total">All of them.</param>
/// <param name="ToRewrap">Those whose data keys another version wraps.</param>
/// <param name="Blocking">Those that would keep the change from being finished: they have a key ring that cannot be read.</param>
/// <param name="BlockingNames">The first hundred of their names.</param>
public sealed record ReportedItems(int Total, int ToRewrap, int Blocking, IReadOnlyList<string> BlockingNames)
{
    public const int MaxNames = 100;
}
