namespace RecoveryVault.Tests.Style.Requirements;

internal static partial class RequirementList
{
    private static IEnumerable<Requirement> Restores =>
        [
            new("R70", "A vault with platform-managed keys restores without any key vault."),
            new("R71", "Data of a snapshot keeps the encryption of its source disk.", NoMachines),
            new("R72", "A restored disk may be given a disk encryption set; without one the machine's own setting holds.", NoMachines),
            new("R73", "The caller must have access to the disk encryption set.", NoMachines),
            new("R74", "A disk encryption set can be chosen in a restore to another region.", NoMachines),
            new("R75", "No disk encryption set for machines that encrypt inside.", NoMachines),
            new("R76", "Machines with keys of their own come back without them in another region.", NoMachines),
            new("R77", "Restored disks may be encrypted anew afterwards.", NoMachines),
            new(
                "R78",
                "Restored files are plain files of the target: whatever encrypts the target encrypts them, and no key of the vault's is needed."
            ),
            new(
                "R79",
                "Restored databases are encrypted by the key of their target.",
                "There are no database restores: their dumps are files."
            ),
            new("R7A", "A restore needs unwrapKey only: without wrapKey restores go on and backups stop; without unwrapKey neither runs."),
            new("R7B", "A recovery point whose key has newer versions restores as long as the version it names is enabled."),
            new("R80", "A policy audits, denies or ignores vaults without a customer-managed key.", NoPolicies),
            new("R81", "Vaults with a key in the present model are audited right.", NoPolicies),
            new("R82", "Vaults with a key in the earlier model may be reported wrongly.", NoPolicies),
            new("R83", "Giving the same key again brings a vault to the present model.", NoPolicies),
            new("R84", "From then on the earlier way to update a key is refused.", NoPolicies),
            new("R85", "Denying does not stand in the way of unrelated changes of a vault that complies.", NoPolicies),
            new("R86", "Enforcing is denying; nothing gives a vault a key by itself.", NoPolicies),
        ];
}
