namespace RecoveryVault.Tests.Style.Requirements;

/// <summary>
/// Every requirement there is, in the order of the table. Where a rule leaves a choice, the stricter reading stands here.
/// </summary>
internal static partial class RequirementList
{
    private const string NoMachines = "There are no machines, disks or disk encryption sets here: an item is a directory, file or stream.";

    private const string NoPolicies = "There are no policies over vaults yet.";

    public static IReadOnlyList<Requirement> All { get; } = [.. Keys, .. Identities, .. Assignment, .. Limits, .. Restores];

    private static IEnumerable<Requirement> Keys =>
        [
            new("R1", "A new vault has platform-managed keys until it is given another."),
            new(
                "R2",
                "Data is sealed under a 256-bit data key; the customer's key wraps that and nothing else, and changing it touches no data."
            ),
            new("R3", "The vault's key has nothing to do with the key that protects the source."),
            new("R4", "Disk encryption inside a machine is neither needed nor implied.", NoMachines),
            new("R5", "The setting concerns backups only, no replication.", "There is no replication it could concern."),
            new("R6", "What is asked of key vaults is counted, so that its cost can be told."),
            new("R10", "A vault that has or had a protected item gets no customer-managed key any more."),
            new(
                "R11",
                "An attempt to protect an item bars the key for ever, also one that failed; it is durable before anything is tried."
            ),
            new("R12", "A vault barred from a customer-managed key goes on working with platform-managed keys."),
            new("R13", "No request brings a vault from a customer-managed key back to platform-managed keys."),
            new("R14", "The key, its version and its key vault may be changed at any time afterwards."),
            new("R15", "A checklist tells of each precondition whether it is met, and what to do."),
            new("R16", "Protecting, backing up and restoring are the same calls and jobs with either kind of key."),
            new(
                "R17",
                "Identity, permissions, key vault protection, key: each step that is missing is refused in this order, with its own code."
            ),
        ];

    private static IEnumerable<Requirement> Identities =>
        [
            new("R20", "Without a managed identity there is no customer-managed key."),
            new("R21", "The system-assigned identity or a user-assigned one opens the key: the caller says which, never both."),
            new("R22", "A user-assigned identity must be one of the vault's own; case means nothing in its id."),
            new(
                "R23",
                "The identity that opens the key cannot be taken away; where it is revoked elsewhere nothing is lost, and another one heals it."
            ),
            new(
                "R24",
                "An identity shows its object id, tenant and type; a vault may have several, and one that is made again has another id."
            ),
            new("R25", "A key opened by a user-assigned identity and private endpoints exclude each other, whichever comes first."),
            new("R26", "A key vault behind a firewall admits the system-assigned identity and no user-assigned one."),
            new("R27", "Key and identity do not change in one request, but for the first time."),
            new(
                "R30",
                "The identity needs get, list, wrapKey and unwrapKey; each that is missing is named. A key with a version needs no list."
            ),
            new("R31", "Permissions count on the identity that is used, not on another of the vault's."),
            new("R32", "The key vault must have soft delete."),
            new("R33", "The key vault must have purge protection."),
            new("R34", "The key must be RSA of 2048, 3072 or 4096 bits."),
            new("R35", "The key must be enabled and within its time window."),
            new("R36", "The key vault must be in the vault's region, however that is spelled."),
            new("R37", "The key must be in a key vault that is known as one: the local kind or Azure's."),
            new(
                "R38",
                "A key in another key vault must meet everything again, and the old key must unwrap once more; else nothing changes."
            ),
            new(
                "R39",
                "That the key still works is found out again and again, at each backup's start, while sessions are open and hourly; what is wrong is an alert."
            ),
        ];
}
