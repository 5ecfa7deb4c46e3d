using RecoveryVault.Errors;
using RecoveryVault.Items;

namespace RecoveryVault.Vaults;

public sealed partial record VaultRecord
{
    /// <summary>R11: remembers the first attempt to protect an item, before anything else of it happens.</summary>
    public VaultRecord Attempt(Guid operationId, DateTimeOffset now) =>
        Settings.FirstAttempt is null
            ? this with
            {
                Settings = Settings with { FirstAttempt = new ProtectionAttempt(now, operationId) },
            }
            : this;

    /// <summary>Adds an item to the roster; rotation cannot pass by it from then on.</summary>
    public VaultRecord Enrol(ItemId itemId)
    {
        if (Roster.Contains(itemId))
            return this;
        return Roster.Length < MaxItems
            ? this with
            {
                Roster = Roster.Add(itemId),
            }
            : throw new VaultException(
                ErrorCodes.ItemLimitReached,
                $"Vault '{Settings.Name}' holds {MaxItems} items, the most there can be."
            );
    }

    public VaultSummary ToSummary() =>
        new()
        {
            VaultId = VaultId,
            Name = Settings.Name,
            Location = Settings.Location,
            ResourceGroup = Settings.ResourceGroup,
            SubscriptionId = Settings.SubscriptionId,
            Tags = Settings.Tags,
            CreatedAt = Settings.CreatedAt,
            Identity = ToIdentity(),
            Encryption = ToEncryptionSummary(),
            ItemCount = Roster.Length,
            ProtectionAttemptedAt = Settings.FirstAttempt?.At,
            PrivateEndpoints = [.. Settings.PrivateEndpoints],
            SoftDelete = SoftDelete,
            Alerts = [.. Alerts],
            Deletion = Settings.Deletion,
            TenantId = Settings.TenantId,
            SecondApproval = Settings.SecondApproval,
        };
}
