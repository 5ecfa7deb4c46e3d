namespace RecoveryVault.Alerts;

/// <summary>Something about a vault's key that its owner must know of, for as long as it lasts.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultAlert")]
public sealed record VaultAlert
{
    /// <summary>The same from raising to resolving; the correlation id of both entries in the activity log.</summary>
    [Id(0)]
    public required Guid AlertId { get; init; }

    /// <summary>One of <see cref="AlertNames"/>.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>How much it matters.</summary>
    [Id(2)]
    public required AlertSeverity Severity { get; init; }

    /// <summary>A code of the error table.</summary>
    [Id(3)]
    public required string Code { get; init; }

    /// <summary>What it is about: a full key id, a key vault's host, or a precondition.</summary>
    [Id(4)]
    public required string Subject { get; init; }

    /// <summary>Since when, as far as known, UTC.</summary>
    [Id(5)]
    public required DateTimeOffset Since { get; init; }

    /// <summary>What is the matter and what comes of it; at most 300 characters.</summary>
    [Id(6)]
    public required string Description { get; init; }

    /// <summary>The way back; at most 300 characters.</summary>
    [Id(7)]
    public required string Recommendation { get; init; }
}

/// <summary>How much an alert matters.</summary>
public enum AlertSeverity
{
    /// <summary>Never written.</summary>
    Unknown = 0,

    /// <summary>Everything works, and will not for ever.</summary>
    Warning = 1,

    /// <summary>Backups or restores do not work now.</summary>
    Critical = 2,
}

/// <summary>Values of <see cref="VaultAlert.Name"/>.</summary>
public static class AlertNames
{
    /// <summary>The key vault refuses to wrap or unwrap with the version in force.</summary>
    public const string KeyDenied = nameof(KeyDenied);

    /// <summary>The key vault has given no answer for more than an hour.</summary>
    public const string KeyVaultUnreachable = nameof(KeyVaultUnreachable);

    /// <summary>A rotation cannot go on: a version that items still need is of no use.</summary>
    public const string RotationBlocked = nameof(RotationBlocked);

    /// <summary>For two hours no look for a newer version succeeded, or a rotation has been under way.</summary>
    public const string RotationOverdue = nameof(RotationOverdue);

    /// <summary>A version that is needed expires within 30 days.</summary>
    public const string KeyExpiring = nameof(KeyExpiring);

    /// <summary>A precondition that was met when the key was assigned is met no more.</summary>
    public const string PreconditionLost = nameof(PreconditionLost);
}
