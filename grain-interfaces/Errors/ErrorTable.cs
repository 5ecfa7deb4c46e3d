using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

/// <summary>
/// The one table of error codes: cause and fix of each. A test checks that it names every code of <see cref="ErrorCodes"/> once.
/// </summary>
public static partial class ErrorTable
{
    /// <summary>All rows.</summary>
    public static IReadOnlyList<ErrorEntry> All { get; } =
    [
        .. General(),
        .. Jobs(),
        .. Retention(),
        .. VaultDeletions(),
        .. Workloads(),
        .. Files(),
        .. Stores(),
        .. Connections(),
        .. Damage(),
        .. RecoveryKits(),
        .. Reports(),
        .. KeyVaults(),
        .. CustomerManagedKeys(),
        .. KeyIdentities(),
        .. KeyRequirements(),
    ];

    private static readonly Dictionary<string, ErrorEntry> ByCode = All.ToDictionary(entry => entry.Code, StringComparer.Ordinal);

    /// <summary>The row of a code; null when a newer peer sent a code this version does not know.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);

    private static ErrorEntry[] General() =>
        [
            new(InvalidName, "A name breaks the rules for its kind.", "Choose a name that follows the rule in the message."),
            new(InvalidRequest, "A value is missing, malformed or beyond its limit.", "Correct the value the message names."),
            new(AccessDenied, "The caller may not do this.", "Ask for the role the message names."),
            new(
                ConcurrentChange,
                "Somebody else changed the same thing at the same moment.",
                "Look at it again and repeat the command if it is still wanted."
            ),
            new(VaultNotFound, "No vault bears that name.", "See the names with 'rvault vault list'."),
            new(VaultAlreadyExists, "A vault of that name exists.", "Choose another name, or use the vault that is there."),
            new(VaultNotEmpty, "The vault has protected items.", "A vault can be deleted only before anything was protected in it."),
            new(ItemNotFound, "The vault has no item of that name.", "See the names with 'rvault item list'."),
            new(
                ItemAlreadyProtected,
                "An item of that name is protected already.",
                "Choose another name, or back up the item that is there."
            ),
            new(ItemLimitReached, "A vault holds at most 2,000 items.", "Create another vault for further items."),
            new(ProtectionStopped, "Protection of this item was stopped.", "Start it again with 'rvault protection enable'."),
            new(RecoveryPointNotFound, "The item has no such recovery point.", "See them with 'rvault recoverypoint list'."),
            new(PathNotFound, "The recovery point has no such path.", "See its files with 'rvault recoverypoint files'."),
            new(ClientFailed, "The program that ran the backup or restore failed.", "Run it again; report the failure if it comes again."),
            new(BackupInProgress, "Another backup of this item is running.", "Wait for it, see 'rvault job list', and try again."),
            new(
                ReclaimFailed,
                "The program failed while it reclaimed space; nothing that is needed was deleted.",
                "Run it again; report the failure if it comes again."
            ),
            new(
                ReclaimInProgress,
                "Space of this item is being reclaimed, and one writer works on an item at a time.",
                "Wait for it, see 'rvault job list', and try again."
            ),
            new(
                SessionLost,
                "The backup or restore session has ended or belongs to somebody else.",
                "Start again: chunks already stored are used."
            ),
            new(CommandFailed, "The command that was to write the content failed.", "See what it wrote above, and run it by itself."),
            new(
                FilesUnreadable,
                "Some source files could not be read.",
                "Give the backup read access to the files listed, or exclude them."
            ),
            new(
                RestoreIncomplete,
                "Some entries could not be restored.",
                "See the list; free space or permissions in the target are the usual reasons."
            ),
        ];

    private static ErrorEntry[] Files() =>
        [
            new(InvalidPattern, "An exclude pattern cannot be read or could never match.", "Correct the pattern as the message says."),
            new(SourceNotFound, "The source does not exist on this machine.", "Check the path, and that its file system is mounted."),
            new(SourceUnreadable, "The source exists but cannot be read.", "Run as a user who may read it, or change its permissions."),
            new(TargetNotDirectory, "The restore target is not a directory.", "Name a directory, or a path that does not exist yet."),
            new(TargetNotEmpty, "The restore target already holds something.", "Name an empty directory, or pass --overwrite."),
            new(TargetUnwritable, "The restore target cannot be made or written.", "Run as a user who may write there, or name another."),
            new(
                UnsafePath,
                "A catalogue names a path that is not plainly below its root.",
                "Restore an earlier recovery point; report the damage."
            ),
        ];

    private static ErrorEntry[] Stores() =>
        [
            new(
                StoreNotFound,
                "There is no store in that place.",
                "Name the right place with --store, or create a vault: that makes the store."
            ),
            new(
                NotAStore,
                "The directory holds something that is not a store.",
                "Name an empty or new directory, or an existing store, with --store."
            ),
            new(StoreNotEmpty, "The store already holds something.", "Name a new directory with --store."),
            new(StoreTooNew, "The store was written by a newer version in a format this one does not know.", "Use the newer version."),
            new(StoreInUse, "Another process is working on the store.", "Wait for it, or give more time with --wait SECONDS."),
            new(
                StoreOfAnotherCluster,
                "The store belongs to another cluster or service.",
                "Name the cluster's own store, or the ids this store belongs to with RVAULT_CLUSTER_ID and RVAULT_SERVICE_ID."
            ),
            new(
                StoreFull,
                "The store has no space left.",
                "Free space where the store lies and run the command again; nothing stored before is affected."
            ),
            new(StoreUnavailable, "The store could not be read or written.", "Check the disk, mount or network it names and try again."),
            new(StoreAccessDenied, "The store refused access.", "Run as the user who owns the store, or correct its permissions."),
            new(
                KeysNotFound,
                "The keys of this store are not there.",
                "Name their directory with --keys, or bring them back with 'rvault keyvault restore --in FILE'."
            ),
            new(
                KeysInsideStore,
                "The keys directory lies inside the store.",
                "Keep keys apart from the data they open: name another directory with --keys."
            ),
            new(PlatformKeyNotFound, "The platform keyring has no key of that id.", "See its keys with 'rvault store platform-key list'."),
            new(
                PlatformKeyInUse,
                "Something in the store still needs that platform key.",
                "See what with 'rvault store platform-key list'; 'rvault store platform-key rotate' renews what can be renewed."
            ),
            new(
                OtherSilosActive,
                "A silo that does not know the new platform key could not read what others write.",
                "Stop all silos but one and run the command again."
            ),
            new(
                WrongPlatformKey,
                "The platform keyring belongs to another store, or lacks a key.",
                "Name the keys directory of this store with --keys, or bring the keys back with 'rvault keyvault restore --in FILE'."
            ),
            new(NotEnoughSpace, "There is not enough free space.", "Free space, or name another place with --store or TMPDIR."),
            new(
                ClusterUnavailable,
                "The server cannot be reached, or stopped answering.",
                "See that the cluster or 'rvault serve' runs and that --cluster and RVAULT_CLUSTER name its gateways; then run the command again."
            ),
            new(
                ReleaseMismatch,
                "Client and silo, or two silos of a cluster, are of releases that do not work together.",
                "Upgrade one silo at a time and clients last, through a release that works with both; nothing was changed."
            ),
        ];

    private static ErrorEntry[] Connections() =>
        [
            new(
                InsecureListenRefused,
                "A listener may be reached from other machines, and its connections are neither encrypted nor authenticated.",
                "Name an address of this machine only, such as 127.0.0.1 or [::1]."
            ),
            new(
                ProtocolMismatch,
                "Client and server speak different versions of the data plane.",
                "Use the same version of rvault on both sides."
            ),
            new(RequestTooLarge, "More was sent at once than the server takes.", "Use the client of the server's own version."),
            new(TooManyRequests, "More requests of one session were under way than the server takes.", "Run the command again."),
            .. Limits(),
            new(
                ChunkGarbled,
                "A chunk's content did not have the digest it was announced with: bytes changed between reading and sending.",
                "Run the command again; if it comes again, check this machine's memory."
            ),
        ];

    private static ErrorEntry[] Limits() =>
        [
            new(
                ServerBusy,
                "The server has as much under way as it takes at once. Commands wait for an hour before they say so.",
                "Try again when less runs at once; add a silo, or raise RVAULT_MAX_SESSIONS if its memory permits."
            ),
            new(
                ClientLimitReached,
                "This client has as many backups and restores under way as one client may have.",
                "Let some of them end first, or raise RVAULT_MAX_SESSIONS_PER_CLIENT."
            ),
        ];

    private static ErrorEntry[] Damage() =>
        [
            new(
                DataDamaged,
                "Some files of the recovery point cannot be restored.",
                "Run 'rvault store verify' to see which objects are damaged; the next backup stores again what the source still has."
            ),
            new(
                DataMissing,
                "Stored data is missing.",
                "Restore the store's files from a copy; the next backup stores again what the source still has."
            ),
            new(
                DataBitRot,
                "Stored data has changed on its medium.",
                "Check the disk. The next backup stores again what the source still has; restore an older recovery point for the rest."
            ),
            new(
                DataTampered,
                "Stored data does not pass its seal: somebody changed it, or put something in its place.",
                "Treat the store as attacked; restore from an untouched copy."
            ),
            new(
                RecordTampered,
                "A stored record does not pass its authentication.",
                "Treat the store as attacked; restore from an untouched copy."
            ),
            new(
                WrongKey,
                "The key opens, but it is not the key this data was sealed with.",
                "Check that key vault and platform keyring are the ones of this store."
            ),
            new(
                CatalogueDamaged,
                "A node of the recovery point's catalogue breaks the format, though its seal holds.",
                "Report it as a fault of the program that wrote it; restore another recovery point."
            ),
            new(
                CatalogueTooNew,
                "The recovery point's catalogue was written by a newer version.",
                "Use a version at least as new as the one that wrote it."
            ),
            new(DataTooNew, "Stored data has a format this version does not know.", "Use the newer version."),
        ];

    private static ErrorEntry[] RecoveryKits() =>
        [
            new(
                KeysExist,
                "A recovery kit would overwrite a different key of the same name.",
                "Restore into an empty keys directory, or move the present keys away first; nothing was changed."
            ),
            new(
                PassphraseTooShort,
                "The passphrase of a recovery kit is too short.",
                "Choose a longer passphrase: several random words are good."
            ),
            new(
                RecoveryKitDamaged,
                "The file is no recovery kit, or it was changed or cut off since it was written.",
                "Use another copy of the recovery kit."
            ),
            new(
                RecoveryKitOtherStore,
                "The recovery kit holds the keys of another store.",
                "Use the recovery kit of this store, or name the store that the kit belongs to."
            ),
            new(
                RecoveryKitTooLarge,
                "The keys directory holds more than a recovery kit can.",
                "Purge deleted keys that no backup needs, or copy the keys directory as it is."
            ),
            new(RecoveryKitTooNew, "A newer version of the program wrote the recovery kit.", "Use that version, or a newer one."),
            new(
                RecoveryKitWrongPassphrase,
                "The passphrase is not the one that the recovery kit was written with.",
                "Try again with the right passphrase; without it the keys in the kit cannot be had."
            ),
        ];
}
