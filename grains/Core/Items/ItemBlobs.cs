using RecoveryVault.Records;

namespace RecoveryVault.Items;

/// <summary>Names of the blobs that belong to an item. No name of a vault, item or file stands in them.</summary>
public static class ItemBlobs
{
    public static string Rings(ItemId itemId) => $"rings/{itemId}";

    public static string Descriptors(ItemId itemId) => $"descriptors/{itemId}";

    public static string Tombstones(ItemId itemId) => $"tombstones/{itemId}";

    public static string Heads(ItemId itemId) => $"heads/{itemId}";

    /// <summary>Where the heads of one number begin; a crash can leave one beside the one that counts.</summary>
    public static string Heads(ItemId itemId, long seq) => $"{Heads(itemId)}/{AuthenticatedRecords.Sequence(seq)}-";

    public static string Packs(ItemId itemId) => $"packs/{itemId}";

    public static string IndexRuns(ItemId itemId) => $"index/{itemId}";

    public static string Pack(ItemId itemId, string packId) => $"{Packs(itemId)}/{packId}";

    /// <summary>Marks of packs in which damage was found, one empty blob each, named like the pack.</summary>
    public static string DamagedPacks(ItemId itemId) => $"damaged/{itemId}";

    public static string Manifests(ItemId itemId) => $"manifests/{itemId}/";

    public static string Manifest(ItemId itemId, long seq, string objectId) =>
        $"{Manifests(itemId)}{AuthenticatedRecords.Sequence(seq)}-{objectId}";
}
