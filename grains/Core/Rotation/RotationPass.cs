using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rotation;

/// <summary>What a pass has to do with one item.</summary>
public enum PassStep
{
    /// <summary>Nothing: it stands at that generation, or a later one.</summary>
    None,

    /// <summary>
    /// Create its record. Enrolled, but never completed: the record fences a completion that still believes in an older generation.
    /// </summary>
    Create,

    /// <summary>Raise the generation of a record without keys.</summary>
    Raise,

    /// <summary>Re-wrap its ring.</summary>
    Rewrap,
}

/// <summary>
/// The decisions of a pass, from records alone: the protocol's model drives these very methods, and those of the vault's and the item's
/// record, through every state it has.
/// </summary>
public static class RotationPass
{
    public static PassStep StepFor(ItemRecord? item, long generation) =>
        item is null ? PassStep.Create
        : item.KeyGeneration >= generation ? PassStep.None
        : item.Ring is null ? PassStep.Raise
        : PassStep.Rewrap;

    /// <summary>The fence of an item that has no keys to re-wrap: its record at that generation.</summary>
    public static ItemRecord Fence(ItemKey key, ItemRecord? item, long generation) =>
        item is null ? ItemRecord.Enrolled(key, generation) : item with { KeyGeneration = Math.Max(item.KeyGeneration, generation) };

    /// <summary>The items that are not done, seen in storage.</summary>
    public static IReadOnlyList<ItemKeyUse> Remaining(IEnumerable<ItemKeyUse> uses, EncryptionSettings encryption) =>
        [.. uses.Where(use => !use.Has(encryption.Current))];
}
