namespace RecoveryVault.Tests.Style.Requirements;

internal static partial class RequirementList
{
    private static IEnumerable<Requirement> Assignment =>
        [
            new("R40", "A key is named by its URI, or by key vault and name, which follows its rotation."),
            new("R41", "A URI with a version stays on it; one without follows rotation; either may take the other's place later."),
            new("R42", "A malformed URI is refused before anything is looked at or changed."),
            new("R43", "Assigning a key is a job UpdateCustomerManagedKey that ends Completed."),
            new("R44", "Changes, and attempts that were refused, stand in the activity log with the verified caller."),
            new(
                "R45",
                "The encryption settings show type, key URI, subscription, status of the last update and infrastructure encryption."
            ),
            new("R46", "A refused assignment changes the status of the last update and nothing else."),
            new("R47", "The same key again changes nothing, and is a job and a log entry."),
            new(
                "R48",
                "Infrastructure encryption is chosen with the first key and never changes; then everything is sealed twice, and nothing less counts."
            ),
            new(
                "R49",
                "A vault can have its key from its creation, opened by a user-assigned identity only; one that cannot have it is not made."
            ),
            new("R50", "A new enabled version of a key without version is in force within the hour."),
            new("R51", "Each recovery point tells the version it was made under and the one it needs now."),
            new("R52", "A version is safe to disable when nothing stored needs it, and not before; until then what needs it is listed."),
            new("R53", "A version disabled too early fails jobs with its code, leaves nothing half done, and heals when it returns."),
            new("R54", "A new version that is disabled or not valid now is not taken."),
            new("R55", "A pinned version is never left by itself."),
            new("R56", "A backup that runs during a rotation ends under one version, and is restorable without the old one."),
            new("R57", "Two new versions within the hour end on the newest, and no wrap is left that nobody records."),
            new("R58", "A rotation by itself has a job and a log entry, too."),
        ];

    private static IEnumerable<Requirement> Limits =>
        [
            new("R60", "Agents with a passphrase of their own cannot back up to a vault with a customer-managed key."),
            new("R61", "Machines of the classic deployment model are refused."),
            new("R62", "A vault with a customer-managed key moves to no other resource group or subscription; others do."),
            new(
                "R63",
                "After a move to another tenant backups and restores fail until identity and key are of the new tenant; then all restores."
            ),
            new(
                "R64",
                "While the key is revoked backups, restores, verification, expiry and reclaim end in failed jobs with its code, and there is an alert; nothing is destroyed."
            ),
            new(
                "R65",
                "A vault whose key is of no use any more can be deleted with everything in it: softly, approved by a second person where demanded, with proof."
            ),
        ];
}
