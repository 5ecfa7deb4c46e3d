using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>Everything authentic that is stored of an item beside its record.</summary>
internal sealed record ItemEvidence(
    ItemKey Key,
    FoundRecords<ItemDescriptor> Descriptors,
    FoundRecords<KeyRing> Rings,
    FoundRecords<Deletions> Tombstones,
    FoundHeads Heads
)
{
    /// <summary>Nothing of it can be used, and nothing is known of it: a protection that never began.</summary>
    public bool IsNothing => Descriptors.IsEmpty && Tombstones.IsEmpty && Heads.IsEmpty;

    public IEnumerable<RebuildProblem> Problems => [.. Descriptors.Problems, .. Rings.Problems, .. Tombstones.Problems, .. Heads.Problems];

    public override string ToString() => $"{Key}";

    public static async Task<ItemEvidence> ReadAsync(
        IBlobStore store,
        RecordFolders folders,
        JobLedger jobs,
        ItemKey key,
        CancellationToken cancellation
    )
    {
        var itemId = key.ItemId;
        return new(
            key,
            await folders.ReadAsync(
                ItemBlobs.Descriptors(itemId),
                RecordType.Descriptor,
                RecordJson.Default.ItemDescriptor,
                (d, seq) => d.Item == key && d.Seq == seq,
                cancellation
            ),
            await folders.ReadAsync(
                ItemBlobs.Rings(itemId),
                RecordType.Ring,
                RecordJson.Default.KeyRing,
                (r, seq) => r.Item == key && r.Seq == seq,
                cancellation
            ),
            await folders.ReadAsync(
                ItemBlobs.Tombstones(itemId),
                RecordType.Tombstone,
                RecordJson.Default.Deletions,
                (t, seq) => t.Item == key && t.Seq == seq,
                cancellation
            ),
            await FoundHeads.ReadAsync(store, folders, jobs, key, cancellation)
        );
    }
}
