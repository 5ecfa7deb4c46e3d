namespace RecoveryVault.Keys.Local;

/// <summary>What a new key, or a new version of a key, is created with.</summary>
public sealed record KeyCreation
{
    /// <summary>"RSA" or "EC".</summary>
    public required string Kty { get; init; }

    /// <summary>RSA: 2048 (the default), 3072 or 4096 bits.</summary>
    public int? KeySize { get; init; }

    /// <summary>EC: "P-256" (the default), "P-384" or "P-521".</summary>
    public string? Curve { get; init; }

    /// <summary>The permitted operations; null: all that the type can do.</summary>
    public IReadOnlyList<string>? KeyOps { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>The key may not wrap before; kept in whole seconds.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The key may not wrap from then on; kept in whole seconds.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>At most 15, names and values of at most 256 characters.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}

/// <summary>
/// Changes to a key version; null leaves an attribute as it is, so that, as in Azure, a limit can be moved but not taken away.
/// </summary>
public sealed record KeyUpdate
{
    public bool? Enabled { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? ExpiresOn { get; init; }

    public IReadOnlyList<string>? KeyOps { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}
