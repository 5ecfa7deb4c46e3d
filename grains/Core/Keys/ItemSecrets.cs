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

    /// <summary>Holds the keys of the second layer around everything the item has sealed; null: there is one layer.</summary>
    public PlatformKeyring? SecondLayer { get; init; }

    public ObjectSuite Suite => SecondLayer is null ? ObjectSuite.OneLayer : ObjectSuite.Infrastructure;

    /// <summary>Seals new data.</summary>
    public DataKey Newest => deks[^1];

    /// <summary>Begins a sealed object.</summary>
    public SealedObjectWriter NewObject(ObjectType type) => new(type, Newest, SecondLayer?.Current);

    /// <summary>Checks an object's first bytes, to open its parts.</summary>
    /// <exception cref="FormatFaultException">Any fault of the header.</exception>
    /// <exception cref="VaultException">WrongKey, WrongPlatformKey, DataTampered.</exception>
    public SealedObjectReader Open(ReadOnlySpan<byte> header)
    {
        var read = ObjectHeader.Read(header);
        return new SealedObjectReader(header, Find(read.DekEpoch), FindOuter(read));
    }

    /// <summary>Opens chunks of a pack as an index run names them.</summary>
    /// <exception cref="VaultException">WrongKey, WrongPlatformKey, DataTampered.</exception>
    public SealedObjectReader OpenPack(IndexedPack pack)
    {
        var outer = FindOuter(pack.Suite, pack.PlatformKeyId, $"Pack {pack.PackId}");
        return SealedObjectReader.ForPack(pack, Find(pack.DekEpoch), outer);
    }

    /// <summary>The platform key of an object's second layer; null with one layer.</summary>
    /// <exception cref="VaultException">WrongPlatformKey, DataTampered.</exception>
    public PlatformKey? FindOuter(ObjectHeader header) => FindOuter(header.Suite, header.PlatformKeyId, $"{header.Type} {header.ObjectId}");

    /// <summary>
    /// With a second layer, whoever has the data key alone must not be able to put anything under the item either: an object that lacks
    /// the layer is refused, however well it opens.
    /// </summary>
    private PlatformKey? FindOuter(ObjectSuite suite, uint platformKeyId, string what)
    {
        if (suite != Suite)
            throw new VaultException(
                ErrorCodes.DataTampered,
                $"{what} is sealed in suite {(byte)suite}, and everything of item {Item.ItemId} in suite {(byte)Suite}."
            );
        return SecondLayer?.Require(platformKeyId, what);
    }

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
