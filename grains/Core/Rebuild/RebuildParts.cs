using RecoveryVault.Activity;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>What the rebuilding of one store works with.</summary>
internal sealed class RebuildParts
{
    public RebuildParts(IBlobStore store, PlatformKeyring keyring, TimeProvider time, RebuildOptions options)
    {
        (Store, Time, Options) = (store, time, options);
        Records = new AuthenticatedRecords(store, keyring);
        Folders = new RecordFolders(store, Records);
        Jobs = new JobLedger(store, time);
        Log = new ActivityLog(store, keyring);
        Descriptors = new Descriptors(Records);
        Tombstones = new Tombstones(store, Records);
        Proof = new ItemProof(store, Records);
        Notes = new NoteSeals(keyring);
        Names = new NameRepair(store, options.IsDryRun);
    }

    public IBlobStore Store { get; }

    public TimeProvider Time { get; }

    public RebuildOptions Options { get; }

    public AuthenticatedRecords Records { get; }

    public RecordFolders Folders { get; }

    public JobLedger Jobs { get; }

    public ActivityLog Log { get; }

    public Descriptors Descriptors { get; }

    public Tombstones Tombstones { get; }

    public ItemProof Proof { get; }

    public NoteSeals Notes { get; }

    public NameRepair Names { get; }

    public DateTimeOffset Now => Time.GetUtcNow();
}
