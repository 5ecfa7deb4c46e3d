using RecoveryVault.Items;

namespace RecoveryVault.Records;

/// <summary>Where grain storage keeps records, for those who must read them from storage and not through a grain.</summary>
public static class GrainRecords
{
    /// <summary>The state name every grain of ours uses.</summary>
    public const string StateName = "record";

    /// <summary>The grain storage provider's name.</summary>
    public const string Provider = "records";

    public const string VaultType = "vault";

    public const string ItemType = "item";

    public static string ItemBlob(ItemKey key) => $"grainstate/{StateName}-{ItemType}/{key}.json";
}
