using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>Makes, opens, re-wraps and clears away items' key rings.</summary>
public sealed class KeyRings(IBlobStore store, AuthenticatedRecords records, KeyWrapping wrapping, DekCache cache)
{
    /// <summary>The first ring of a new item: one fresh data key and the item's id key.</summary>
    public async Task<KeyRing> CreateAsync(
        ItemKey item,
        long keyGeneration,
        KeyEncryptionKey kek,
        long seq,
        bool hasSecondLayer = false,
        CancellationToken cancellation = default
    )
    {
        using var dek = DataKey.Create(item.VaultId, item.ItemId, epoch: 1);
        using var itemKeys = ItemKeySet.Create();
        var epoch = new RingEpoch(1, kek.KeyId, "", kek.Thumbprint, [], dek.Commit(), dek.SealItemIdKey(itemKeys));
        return new KeyRing
        {
            Item = item,
            Seq = seq,
            KeyGeneration = keyGeneration,
            Suite = hasSecondLayer ? (int)ObjectSuite.Infrastructure : null,
            Epochs = [await WrapAsync(epoch, kek, dek, cancellation)],
        };
    }

    /// <summary>
    /// The same data keys wrapped by another key: unwrapped with the old, wrapped with the new, and unwrapped again
    /// to be sure, before anything is written.
    /// </summary>
    public async Task<KeyRing> RewrapAsync(KeyRing ring, long keyGeneration, KeyEncryptionKey kek, CancellationToken cancellation = default)
    {
        List<RingEpoch> epochs = [];
        foreach (var epoch in ring.Epochs)
        {
            using var dek = await OpenDekAsync(ring.Item, epoch, kek.PrincipalId, cancellation);
            epochs.Add(await WrapAsync(epoch, kek, dek, cancellation));
        }
        return ring with { Seq = ring.Seq + 1, KeyGeneration = keyGeneration, Epochs = [.. epochs] };
    }

    /// <summary>Opens every data key of a ring; the caller disposes what it gets.</summary>
    public async Task<ItemSecrets> OpenAsync(KeyRing ring, string principalId, CancellationToken cancellation = default)
    {
        List<DataKey> deks = [];
        try
        {
            foreach (var epoch in ring.Epochs)
                deks.Add(await LeaseDekAsync(ring, epoch, principalId).WaitAsync(cancellation));
            var itemKeys = deks[^1].OpenItemIdKey(ring.Newest.SealedItemIdKey);
            var needsPermit = ring.Epochs.Any(e => !KeyVersions.IsPlatform(e.KeyId));
            return new ItemSecrets(ring.Item, deks, itemKeys)
            {
                Permit = needsPermit ? cache.PermitFor(ring.Item) : null,
                SecondLayer = ring.HasSecondLayer ? wrapping.Keyring : null,
            };
        }
        catch (Exception e)
        {
            foreach (var dek in deks)
                dek.Dispose();
            if (e is FormatFaultException fault)
                throw FormatRefusals.ToVaultException(fault, "The item's key ring");
            throw;
        }
    }

    /// <summary>Asks the key vault to unwrap every data key of a ring, whatever is cached, and keeps none.</summary>
    public async Task VerifyAsync(KeyRing ring, string principalId, CancellationToken cancellation = default)
    {
        foreach (var epoch in ring.Epochs)
            (await OpenDekAsync(ring.Item, epoch, principalId, cancellation)).Dispose();
    }

    public Task<RecordRef> WriteAsync(KeyRing ring) =>
        records.WriteAsync(ItemBlobs.Rings(ring.Item.ItemId), ring.Seq, RecordType.Ring, ring, RecordJson.Default.KeyRing);

    /// <summary>Reads the ring a record names, and checks that it is this item's.</summary>
    public async Task<KeyRing> ReadAsync(ItemKey item, RecordRef reference, CancellationToken cancellation = default)
    {
        var ring = await records.ReadAsync(reference, RecordType.Ring, RecordJson.Default.KeyRing, cancellation);
        var isInPlace = ring.Item == item && ring.Seq == AuthenticatedRecords.SequenceOf(reference.Name);
        return isInPlace && !ring.Epochs.IsDefaultOrEmpty && ring.Epochs.Length <= KeyRing.MaxEpochs
            ? ring
            : throw new VaultException(ErrorCodes.RecordTampered, $"The ring '{reference.Name}' belongs to another place.");
    }

    /// <summary>
    /// Deletes every ring but the one in force. One of the same sequence number lost its race, one of a lower is superseded: neither can
    /// ever be named again. A higher one may be about to be named and stays.
    /// </summary>
    public async Task DeleteSupersededAsync(ItemKey item, RecordRef inForce, CancellationToken cancellation = default)
    {
        for (BlobPage? page = null; page is null || page.Next is not null; )
        {
            page = await store.ListAsync($"{ItemBlobs.Rings(item.ItemId)}/", page?.Next, cancellation: cancellation);
            foreach (var ring in page.Items.Where(r => IsSuperseded(r.Name, inForce)))
                await store.DeleteAsync(ring.Name, cancellation: cancellation);
        }
    }

    /// <summary>
    /// For an item that never got keys: deletes what an interrupted protection left, as far as it is of an older generation than the
    /// item's record now demands, so that it can never be named. Of one that cannot be read nothing can depend.
    /// </summary>
    public async Task DeleteUnnamedAsync(ItemKey item, long keyGeneration, CancellationToken cancellation = default)
    {
        await foreach (var blob in store.ListAllAsync($"{ItemBlobs.Rings(item.ItemId)}/", cancellation))
        {
            if (IsUnnameable(await FindAsync(blob.Name, cancellation), keyGeneration))
                await store.DeleteAsync(blob.Name, cancellation: cancellation);
        }
    }

    private async Task<KeyRing?> FindAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await records.FindAsync(name, RecordType.Ring, RecordJson.Default.KeyRing, cancellation);
        }
        catch (VaultException e) when (e.Code != ErrorCodes.DataTooNew)
        {
            return null;
        }
    }

    /// <summary>True of a stored ring that can never be named again, because another was since.</summary>
    public static bool IsSuperseded(string name, RecordRef inForce) =>
        name != inForce.Name
        && AuthenticatedRecords.TrySequenceOf(name, out var seq)
        && seq <= AuthenticatedRecords.SequenceOf(inForce.Name);

    /// <summary>True of a ring that no record without keys will ever name, because it is of an older generation.</summary>
    public static bool IsUnnameable(KeyRing? ring, long keyGeneration) => ring is null || ring.KeyGeneration < keyGeneration;

    private async Task<RingEpoch> WrapAsync(RingEpoch epoch, KeyEncryptionKey kek, DataKey dek, CancellationToken cancellation)
    {
        var (algorithm, wrapped) = await wrapping.WrapAsync(kek, dek, cancellation);
        var next = epoch with { KeyId = kek.KeyId, Algorithm = algorithm, KeyThumbprint = kek.Thumbprint, WrappedDek = wrapped };
        using var check = await OpenDekAsync(new ItemKey(dek.VaultId, dek.ItemId), next, kek.PrincipalId, cancellation);
        return next;
    }

    private async Task<DataKey> LeaseDekAsync(KeyRing ring, RingEpoch epoch, string principalId)
    {
        var item = ring.Item;
        var suite = ring.HasSecondLayer ? ObjectSuite.Infrastructure : ObjectSuite.OneLayer;
        var id = new DekId(item, epoch.DekEpoch, (byte)suite, Convert.ToHexStringLower(epoch.Commitment));
        // Others may be waiting for the same unwrap: it is not cancelled with this caller.
        var secret = await cache.LeaseAsync(
            id,
            epoch.KeyId,
            async () => (await OpenDekAsync(item, epoch, principalId, CancellationToken.None)).Secret
        );
        return DataKey.Open(item.VaultId, item.ItemId, epoch.DekEpoch, secret, epoch.Commitment);
    }

    private async Task<DataKey> OpenDekAsync(ItemKey item, RingEpoch epoch, string principalId, CancellationToken cancellation) =>
        DataKey.Open(
            item.VaultId,
            item.ItemId,
            epoch.DekEpoch,
            await wrapping.UnwrapAsync(item, epoch, principalId, cancellation),
            epoch.Commitment
        );
}
