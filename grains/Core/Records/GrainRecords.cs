using RecoveryVault.Items;
using RecoveryVault.Vaults;

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

    /// <summary>What the names of all items' records begin with.</summary>
    public const string AllItemBlobs = $"grainstate/{StateName}-{ItemType}/";

    /// <summary>What the names of all vaults' records begin with.</summary>
    public const string AllVaultBlobs = $"grainstate/{StateName}-{VaultType}/";

    private const string Extension = ".json";

    public static string ItemBlob(ItemKey key) => $"{AllItemBlobs}{key}{Extension}";

    /// <summary>What the names of a vault's items' records begin with.</summary>
    public static string ItemBlobs(VaultId vaultId) => $"{AllItemBlobs}{vaultId}-";

    /// <summary>Which vault's record a blob of that folder is.</summary>
    public static bool TryVaultOf(string blobName, out VaultId vaultId)
    {
        vaultId = default;
        try
        {
            if (!blobName.StartsWith(AllVaultBlobs, StringComparison.Ordinal) || !blobName.EndsWith(Extension, StringComparison.Ordinal))
                return false;
            vaultId = VaultId.Parse(blobName[AllVaultBlobs.Length..^Extension.Length]);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Whose record a blob of that folder is.</summary>
    public static bool TryItemOf(string blobName, out ItemKey key)
    {
        key = default;
        if (
            !blobName.StartsWith(AllItemBlobs, StringComparison.Ordinal)
            || !blobName.EndsWith(Extension, StringComparison.Ordinal)
            || blobName.Length < AllItemBlobs.Length + Extension.Length
        )
            return false;
        try
        {
            key = ItemKey.Parse(blobName[AllItemBlobs.Length..^Extension.Length]);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
