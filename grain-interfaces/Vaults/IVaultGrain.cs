using Orleans.Concurrency;
using RecoveryVault.Access;
using RecoveryVault.Alerts;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Reports;
using RecoveryVault.Retention;

namespace RecoveryVault.Vaults;

/// <summary>One vault: identity, encryption settings and the roster of its items. Key: the <see cref="VaultId"/>.</summary>
[Alias("rv.IVaultGrain")]
public interface IVaultGrain : IGrainWithStringKey
{
    /// <summary>The vault as it is.</summary>
    [Alias("Get"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<VaultSummary> GetAsync();

    /// <summary>
    /// Deletes a vault that has no items, or only deleted ones of which nothing can be had back; its name becomes free, its id is never
    /// used again.
    /// </summary>
    /// <exception cref="Errors.VaultException">VaultNotEmpty, VaultHasDeletedItems.</exception>
    [Alias("Delete"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "DeleteVault")]
    Task DeleteAsync(DeleteVault request);

    /// <summary>
    /// Deletes the vault with everything in it, because its key vault refuses the key with authority: nobody can read it any more. It can
    /// be had back for the vault's period, and as long as a backup promised to keep something. Where a second approval is demanded, the
    /// first call asks for it and the second one, of another caller, gives it.
    /// </summary>
    /// <exception cref="Errors.VaultException">VaultKeyUsable, KeyVaultUnreachable, ApprovalByAnotherRequired, InvalidRequest.</exception>
    [Alias("Shred"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "ShredVault")]
    Task<VaultSummary> ShredAsync(ShredVault request);

    /// <summary>Brings a vault back that was deleted with everything in it, or withdraws what waits for its approval.</summary>
    /// <exception cref="Errors.VaultException">VaultPurged.</exception>
    [Alias("Undelete"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "UndeleteVault")]
    Task<VaultSummary> UndeleteAsync(UndeleteVault request);

    /// <summary>Demands a second approval of deletions with everything in them, for good.</summary>
    [Alias("RequireSecondApproval"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<VaultSummary> RequireSecondApprovalAsync(RequireSecondApproval request);

    /// <summary>
    /// Destroys a deleted vault whose time is over for a few seconds: first every data key, then the data, then its name. Call again until
    /// it is done, or says what it waits for.
    /// </summary>
    /// <exception cref="Errors.VaultException">InvalidRequest: it is not deleted.</exception>
    [Alias("Purge"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "PurgeVault")]
    Task<VaultPurge> PurgeAsync(Guid operationId);

    /// <summary>Moves the vault to another resource group or subscription; refused once a customer-managed key is assigned.</summary>
    [Alias("Move"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "MoveVault")]
    Task<VaultSummary> MoveAsync(MoveVault request);

    /// <summary>
    /// Enables the system-assigned identity, or gives user-assigned ones to the vault; what it has already stays as it is.
    /// </summary>
    /// <exception cref="Errors.VaultException">IdentityNotFound.</exception>
    [Alias("AssignIdentity"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<VaultIdentity> AssignIdentityAsync(ChangeIdentity request);

    /// <summary>Takes identities away; refused for the one that opens the customer-managed key.</summary>
    /// <exception cref="Errors.VaultException">UserErrorCMKIdentityInUse.</exception>
    [Alias("RemoveIdentity"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<VaultIdentity> RemoveIdentityAsync(ChangeIdentity request);

    /// <summary>
    /// Records that the vault is reached through a private endpoint; one that is there already stays as it is. At most 20.
    /// </summary>
    /// <exception cref="Errors.VaultException">InvalidName, InvalidRequest, UserErrorCMKUserIdentityPrivateEndpointUnsupported.</exception>
    [Alias("AddPrivateEndpoint"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<IReadOnlyList<string>> AddPrivateEndpointAsync(ChangePrivateEndpoint request);

    /// <summary>The reverse; one that is not there is no error.</summary>
    /// <exception cref="Errors.VaultException">InvalidName.</exception>
    [Alias("RemovePrivateEndpoint"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<IReadOnlyList<string>> RemovePrivateEndpointAsync(ChangePrivateEndpoint request);

    /// <summary>
    /// Changes for how long deletions from now on can be taken back. A longer period is in force at once, a shorter one after as many days
    /// as the longer one has.
    /// </summary>
    /// <exception cref="Errors.VaultException">InvalidRequest.</exception>
    [Alias("SetSoftDelete"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<VaultSummary> SetSoftDeleteAsync(SetSoftDelete request);

    /// <summary>
    /// Assigns or changes the customer-managed key. All preconditions are checked in order before anything changes; with items in the vault
    /// the re-wrapping is then driven by <see cref="Rotation.IKeyRotationGrain.SyncAsync"/>.
    /// </summary>
    [Alias("UpdateEncryption"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<EncryptionSummary> UpdateEncryptionAsync(UpdateEncryption request);

    /// <summary>
    /// Asks everything that <see cref="UpdateEncryptionAsync"/> would ask, wraps and unwraps a test value, and changes nothing: no job, no
    /// log entry, no status. A refusal the change would meet is in the report, not thrown. At most 192 KiB.
    /// </summary>
    [Alias("DryRunEncryption"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<SignedReport> DryRunEncryptionAsync(UpdateEncryption request);

    /// <summary>What <see cref="ListKeyVersionsAsync"/> says, without the platform's keys, signed.</summary>
    [Alias("ReportKeyVersions"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<SignedReport> ReportKeyVersionsAsync();

    /// <summary>The encryption settings as they are.</summary>
    [Alias("GetEncryption"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<EncryptionSummary> GetEncryptionAsync();

    /// <summary>Every key version that is needed or once was, with what needs it, looked up in storage now.</summary>
    [Alias("ListKeyVersions"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<IReadOnlyList<KeyVersionUse>> ListKeyVersionsAsync();

    /// <summary>
    /// Looks at the key now and returns what is the matter with it, what matters most first; none with platform-managed keys. A key vault
    /// that does not answer is no error: what is known stays.
    /// </summary>
    [AlwaysInterleave, Alias("ListAlerts"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<IReadOnlyList<VaultAlert>> ListAlertsAsync();

    /// <summary>
    /// The preconditions of a customer-managed key, each met or not, with the fix; for the key given or else the one assigned.
    /// </summary>
    [Alias("GetChecklist"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<IReadOnlyList<ChecklistEntry>> GetChecklistAsync(string? keyUri);

    /// <summary>
    /// Records, before anybody looks at the source, that an item is about to be protected here (from then on the vault's kind of key is
    /// settled), and starts its ConfigureBackup job.
    /// </summary>
    [Alias("AttemptProtection"), Requires(VaultRole.BackupOperator, AccessScope.Vault, LoggedAs = "ProtectItem")]
    Task<ProtectionTicket> AttemptProtectionAsync(AttemptProtection request);

    /// <summary>Enrols the item after its source was found good, and completes the job.</summary>
    [Alias("CompleteProtection"), Requires(VaultRole.BackupOperator, AccessScope.Vault, LoggedAs = "ProtectItem")]
    Task CompleteProtectionAsync(CompleteProtection request);

    /// <summary>Ends the job of an attempt whose source could not be used. The attempt stays recorded.</summary>
    [Alias("FailProtection"), Requires(VaultRole.BackupOperator, AccessScope.Vault, LoggedAs = "ProtectItem")]
    Task FailProtectionAsync(FailProtection request);

    /// <summary>The identity of the item that bears this name now.</summary>
    /// <exception cref="Errors.VaultException">ItemNotFound.</exception>
    [Alias("FindItem"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<ItemId> FindItemAsync(string name);

    /// <summary>Makes a retention policy.</summary>
    /// <exception cref="Errors.VaultException">InvalidName, InvalidRequest, PolicyAlreadyExists, PolicyLimitReached.</exception>
    [Alias("CreatePolicy"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<RetentionPolicy> CreatePolicyAsync(ChangePolicy request);

    /// <summary>Changes a retention policy; it holds from the next expiry of each item that follows it.</summary>
    /// <exception cref="Errors.VaultException">PolicyNotFound, InvalidRequest.</exception>
    [Alias("SetPolicy"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task<RetentionPolicy> SetPolicyAsync(ChangePolicy request);

    /// <summary>All retention policies in order of their names, at most 64.</summary>
    [Alias("ListPolicies"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<IReadOnlyList<RetentionPolicy>> ListPoliciesAsync();

    /// <summary>One retention policy and the items that follow it, looked up in storage now.</summary>
    /// <exception cref="Errors.VaultException">PolicyNotFound.</exception>
    [Alias("GetPolicy"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<RetentionPolicyUse> GetPolicyAsync(string name);

    /// <summary>Deletes a retention policy that no item follows.</summary>
    /// <exception cref="Errors.VaultException">PolicyNotFound, PolicyInUse.</exception>
    [Alias("DeletePolicy"), Requires(VaultRole.BackupContributor, AccessScope.Vault)]
    Task DeletePolicyAsync(DeletePolicy request);

    /// <summary>Lets an item follow a retention policy, or none.</summary>
    /// <exception cref="Errors.VaultException">ItemNotFound, PolicyNotFound.</exception>
    [Alias("AssignPolicy"), Requires(VaultRole.BackupContributor, AccessScope.Vault, LoggedAs = "SetItemPolicy")]
    Task AssignPolicyAsync(AssignPolicy request);

    /// <summary>The items in order of their names.</summary>
    [Alias("ListItems"), Requires(VaultRole.BackupReader, AccessScope.Vault)]
    Task<Page<ItemListing>> ListItemsAsync(PageRequest page);
}
