using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;

namespace RecoveryVault.Keys;

/// <summary>An item's unwrapped keys for as long as a session needs them; zeroed on dispose.</summary>
public sealed class ItemSecrets(ItemKey item, IReadOnlyList<DataKey> deks, ItemKeySet keys) : IDisposable
{
    public ItemKey Item { get; } = item;

    public ItemKeySet Keys { get; } = keys;

    /// <summary>Leave to use them, asked for before every use; null with platform-managed keys.</summary>
    public KeyPermit? Permit { get; init; }

    /// <summary>Seals new data.</summary>
    public DataKey Newest => deks[^1];

    /// <exception cref="VaultException">WrongKey: the ring holds no data key of that epoch.</exception>
    public DataKey Find(uint epoch) =>
        deks.FirstOrDefault(d => d.Epoch == epoch)
        ?? throw new VaultException(ErrorCodes.WrongKey, $"The key ring of item {Item.ItemId} has no data key of epoch {epoch}.");

    public void Dispose()
    {
        foreach (var dek in deks)
            dek.Dispose();
        Keys.Dispose();
    }
}
