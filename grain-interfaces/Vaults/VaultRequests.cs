using RecoveryVault.Items;

namespace RecoveryVault.Vaults;

/// <summary>Deletes a vault.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="Reason">Why, for the activity log; may be empty.</param>
[GenerateSerializer, Immutable, Alias("rv.DeleteVault")]
public sealed record DeleteVault([property: Id(0)] Guid OperationId, [property: Id(1)] string Reason);

/// <summary>
/// Moves a vault; null keeps what is there. With a customer-managed key only the tenant (a GUID) may change, and the identity has to be
/// made again there.
/// </summary>
[GenerateSerializer, Immutable, Alias("rv.MoveVault")]
public sealed record MoveVault(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string? ResourceGroup,
    [property: Id(2)] string? SubscriptionId,
    [property: Id(3)] string? TenantId = null
);

/// <summary>Gives identities to a vault, or takes them away.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
[GenerateSerializer, Immutable, Alias("rv.ChangeIdentity")]
public sealed record ChangeIdentity([property: Id(0)] Guid OperationId)
{
    /// <summary>Whether the system-assigned identity is meant.</summary>
    [Id(1)]
    public bool SystemAssigned { get; init; } = true;

    /// <summary>User-assigned identities, by name or resource id; at most 20.</summary>
    [Id(2)]
    public IReadOnlyList<string> UserAssigned { get; init; } = [];
}

/// <summary>Gives a private endpoint to a vault, or takes it away.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="Name">1 to 80 letters, digits, points, hyphens and underscores, first a letter or digit; case means nothing in it.</param>
[GenerateSerializer, Immutable, Alias("rv.ChangePrivateEndpoint")]
public sealed record ChangePrivateEndpoint([property: Id(0)] Guid OperationId, [property: Id(1)] string Name);

/// <summary>Changes for how long deletions can be taken back.</summary>
/// <param name="OperationId">Chosen by the caller.</param>
/// <param name="Days">14 to 180.</param>
[GenerateSerializer, Immutable, Alias("rv.SetSoftDelete")]
public sealed record SetSoftDelete([property: Id(0)] Guid OperationId, [property: Id(1)] int Days);

/// <summary>Assigns or changes a customer-managed key.</summary>
[GenerateSerializer, Immutable, Alias("rv.UpdateEncryption")]
public sealed record UpdateEncryption
{
    /// <summary>Chosen by the caller; also the job's id.</summary>
    [Id(0)]
    public required Guid OperationId { get; init; }

    /// <summary><see cref="EncryptionTypes.CustomerManaged"/>; the other value is refused, there is no way back.</summary>
    [Id(1)]
    public string EncryptionAtRestType { get; init; } = EncryptionTypes.CustomerManaged;

    /// <summary>The key URI; without a version the vault follows the key's rotation.</summary>
    [Id(2)]
    public string? KeyUri { get; init; }

    /// <summary>The key vault's subscription; only recorded.</summary>
    [Id(3)]
    public string? KeyVaultSubscriptionId { get; init; }

    /// <summary>
    /// The user-assigned identity that opens the key, by name or resource id; it must be one of the vault's. Null, and
    /// <see cref="UseSystemAssignedIdentity"/> false: the one in use stays, at first the system-assigned one.
    /// </summary>
    [Id(4)]
    public string? UserAssignedIdentity { get; init; }

    /// <summary>The system-assigned identity opens the key; not together with <see cref="UserAssignedIdentity"/>.</summary>
    [Id(5)]
    public bool UseSystemAssignedIdentity { get; init; }

    /// <summary>
    /// Seals all data a second time under the platform keyring. Chosen with the vault's first key, null meaning no; later only null and
    /// the value in force are accepted.
    /// </summary>
    [Id(6)]
    public bool? InfrastructureEncryption { get; init; }
}

/// <summary>One precondition of a customer-managed key.</summary>
/// <param name="Step">1 to 4, in the order they have to be taken; 0 for the vault itself.</param>
/// <param name="Name">Short name.</param>
/// <param name="Met">True or false; null when it cannot be known before an earlier step is done.</param>
/// <param name="Code">The error code of the refusal when not met.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do when not met; empty otherwise.</param>
[GenerateSerializer, Immutable, Alias("rv.ChecklistEntry")]
public sealed record ChecklistEntry(
    [property: Id(0)] int Step,
    [property: Id(1)] string Name,
    [property: Id(2)] bool? Met,
    [property: Id(3)] string? Code,
    [property: Id(4)] string Detail,
    [property: Id(5)] string Fix
);

/// <summary>Announces that an item is about to be protected.</summary>
/// <param name="OperationId">Chosen by the caller; also the job's id.</param>
/// <param name="ItemName">See <see cref="Items.ItemName"/>.</param>
/// <param name="Workload">
/// What is to be protected when it is no source of files: a backup management type of Azure's, such as MAB, or the id of a resource; all of
/// them are refused, and count as attempts on a vault with platform-managed keys. Null: a source of files. At most 512 characters.
/// </param>
[GenerateSerializer, Immutable, Alias("rv.AttemptProtection")]
public sealed record AttemptProtection(
    [property: Id(0)] Guid OperationId,
    [property: Id(1)] string ItemName,
    [property: Id(2)] string? Workload = null
);

/// <summary>The answer to an attempt.</summary>
[GenerateSerializer, Immutable, Alias("rv.ProtectionTicket")]
public sealed record ProtectionTicket([property: Id(0)] ItemId ItemId, [property: Id(1)] Guid JobId);

/// <summary>Enrols an item.</summary>
[GenerateSerializer, Immutable, Alias("rv.CompleteProtection")]
public sealed record CompleteProtection(
    [property: Id(0)] ProtectionTicket Ticket,
    [property: Id(1)] string ItemName,
    [property: Id(2)] ItemSource Source
);

/// <summary>Ends an attempt.</summary>
[GenerateSerializer, Immutable, Alias("rv.FailProtection")]
public sealed record FailProtection(
    [property: Id(0)] ProtectionTicket Ticket,
    [property: Id(1)] string ItemName,
    [property: Id(2)] string ErrorCode,
    [property: Id(3)] string Message
);
