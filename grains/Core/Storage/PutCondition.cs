namespace RecoveryVault.Storage;

/// <summary>What must hold for a put to happen.</summary>
public readonly record struct PutCondition
{
    private PutCondition(PutConditionKind kind, string? etag) => (Kind, ETag) = (kind, etag);

    /// <summary>Which condition.</summary>
    public PutConditionKind Kind { get; }

    /// <summary>The etag that must be the current one, for <see cref="PutConditionKind.IfMatch"/>.</summary>
    public string? ETag { get; }

    /// <summary>Write whatever is there.</summary>
    public static PutCondition Always => default;

    /// <summary>Only create (If-None-Match *).</summary>
    public static PutCondition IfAbsent => new(PutConditionKind.IfAbsent, null);

    /// <summary>Only replace, whatever the version (If-Match *).</summary>
    public static PutCondition IfPresent => new(PutConditionKind.IfPresent, null);

    /// <summary>Only replace that version (If-Match etag).</summary>
    public static PutCondition IfMatch(string etag) => new(PutConditionKind.IfMatch, etag);
}

/// <summary>The four conditions of a put.</summary>
public enum PutConditionKind
{
    Always,
    IfAbsent,
    IfPresent,
    IfMatch,
}
