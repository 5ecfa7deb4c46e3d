using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

// Vaults that go, and what no vault takes in.
public static partial class ErrorTable
{
    private static ErrorEntry[] VaultDeletions() =>
        [
            new(
                VaultHasDeletedItems,
                "Items of the vault are deleted, and what was in them can still be had back.",
                "Run 'rvault store reclaim' when their time is over (see 'rvault item list'), and delete the vault then."
            ),
            new(
                VaultSoftDeleted,
                "The vault is deleted with everything in it, and can still be had back.",
                "Bring it back with 'rvault vault undelete --name VAULT' first."
            ),
            new(
                VaultPurged,
                "The vault's time to be had back is over, and it is being destroyed.",
                "Nothing can be done. See what there was with 'rvault vault show-proof'."
            ),
            new(
                VaultKeyUsable,
                "Only a vault whose key vault refuses its key is deleted with everything in it.",
                "Delete its items with 'rvault protection disable --delete-backup-data'; the vault can be deleted when they are purged."
            ),
            new(
                ApprovalByAnotherRequired,
                "Whoever asks for a deletion cannot approve it.",
                "Have somebody else approve it, or withdraw it with 'rvault vault undelete'."
            ),
        ];

    private static ErrorEntry[] Workloads() =>
        [
            new(
                UserErrorCMKMarsNotSupported,
                "Agents that encrypt with a passphrase of their own cannot back up to a vault with a customer-managed key.",
                "Protect a directory, file or stream instead: leave --backup-management-type out."
            ),
            new(
                UserErrorCMKClassicVmNotSupported,
                "Machines of the classic deployment model cannot be protected in a vault with a customer-managed key.",
                "Protect a directory, file or stream of the machine instead."
            ),
            new(
                WorkloadNotSupported,
                "Only directories, files, devices and streams can be protected.",
                "Name a path with --source, or - for a stream, and leave --backup-management-type out."
            ),
        ];
}
