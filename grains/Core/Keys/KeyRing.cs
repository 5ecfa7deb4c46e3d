using System.Collections.Immutable;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;

namespace RecoveryVault.Keys;

/// <summary>
/// An item's wrapped data keys, one per DEK epoch, all wrapped by the KEK of one key generation. Stored as a create-only authenticated
/// record; rotating the KEK writes a new ring and never touches data.
/// </summary>
public sealed record KeyRing : Evolving
{
    public required ItemKey Item { get; init; }

    /// <summary>1, 2, 3 ... with every new ring.</summary>
    public required long Seq { get; init; }

    /// <summary>The vault's key generation that wrapped it.</summary>
    public required long KeyGeneration { get; init; }

    /// <summary>How everything of the item is sealed, for ever: 2 with infrastructure encryption, null for 1.</summary>
    public int? Suite { get; init; }

    /// <exception cref="VaultException">DataTooNew.</exception>
    [JsonIgnore]
    public bool HasSecondLayer =>
        Suite switch
        {
            null or (int)ObjectSuite.OneLayer => false,
            (int)ObjectSuite.Infrastructure => true,
            _ => throw new VaultException(
                ErrorCodes.DataTooNew,
                $"The key ring of item {Item.ItemId} names suite {Suite}, this version knows 1 and 2."
            ),
        };

    /// <summary>Oldest first; the last one seals new data.</summary>
    public required ImmutableArray<RingEpoch> Epochs
    {
        get;
        init => field = RecordJson.ListOf(value);
    }

    public RingEpoch Newest => Epochs[^1];

    public RingEpoch? Find(uint dekEpoch) => Epochs.FirstOrDefault(e => e.DekEpoch == dekEpoch);

    /// <summary>Bounds the ring; a re-key retires old epochs long before.</summary>
    public const int MaxEpochs = 64;
}

/// <summary>One epoch's data key as stored.</summary>
/// <param name="DekEpoch">What packs name.</param>
/// <param name="KeyId">The full id of the key version that wrapped it; <c>platform:N</c> for the platform keyring.</param>
/// <param name="Algorithm">"RSA-OAEP-256"; "A256GCM" for the platform keyring.</param>
/// <param name="KeyThumbprint">SHA-256 of the wrapping public key (hex); empty for the platform keyring.</param>
/// <param name="WrappedDek">The wrapped 32-byte key.</param>
/// <param name="Commitment">Tells the right data key from every other before anything is opened with it.</param>
/// <param name="SealedItemIdKey">The item id key, sealed under this data key.</param>
public sealed record RingEpoch(
    uint DekEpoch,
    string KeyId,
    string Algorithm,
    string KeyThumbprint,
    byte[] WrappedDek,
    byte[] Commitment,
    byte[] SealedItemIdKey
);

/// <summary>Values of <see cref="RingEpoch.Algorithm"/>.</summary>
public static class WrapAlgorithms
{
    public const string RsaOaep256 = "RSA-OAEP-256";
    public const string PlatformGcm = "A256GCM";
}
