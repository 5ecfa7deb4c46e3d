using RecoveryVault.Records;

namespace RecoveryVault.Items;

/// <summary>Names of the blobs that belong to an item. No name of a vault, item or file stands in them.</summary>
public static class ItemBlobs
{
    public static string Rings(ItemId itemId) => $"rings/{itemId}";

    public static string Descriptors(ItemId itemId) => $"descriptors/{itemId}";

    public static string Heads(ItemId itemId) => $"heads/{itemId}";

    public static string Packs(ItemId itemId) => $"packs/{itemId}";

    public static string IndexRuns(ItemId itemId) => $"index/{itemId}";

    public static string Manifest(ItemId itemId, long seq, string objectId) =>
        $"manifests/{itemId}/{AuthenticatedRecords.Sequence(seq)}-{objectId}";
}
