namespace RecoveryVault.Access;

/// <summary>What a caller must hold to call a grain method. A client-facing method without it is refused.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresAttribute(VaultRole role, AccessScope scope) : Attribute
{
    /// <summary>The least role.</summary>
    public VaultRole Role { get; } = role;

    /// <summary>What the role must be held on.</summary>
    public AccessScope Scope { get; } = scope;

    /// <summary>As what the activity log has a refused call; null: the method's name.</summary>
    public string? LoggedAs { get; init; }
}

/// <summary>Marks an interface by which grains call each other; the silo refuses it to every client.</summary>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class GrainsOnlyAttribute : Attribute;
