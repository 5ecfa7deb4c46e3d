using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

/// <summary>An item's grain key: both identities, so that a call can never reach another incarnation of the same name.</summary>
[GenerateSerializer, Immutable, Alias("rv.ItemKey")]
public readonly record struct ItemKey([property: Id(0)] VaultId VaultId, [property: Id(1)] ItemId ItemId)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">The text is no item key.</exception>
    public static ItemKey Parse(string text) =>
        text.Length == 65 && text[32] == '-'
            ? new(VaultId.Parse(text[..32]), ItemId.Parse(text[33..]))
            : throw new FormatException("An item key is two ids joined by a hyphen.");

    /// <inheritdoc/>
    public override string ToString() => $"{VaultId}-{ItemId}";
}
