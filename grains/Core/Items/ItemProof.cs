using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>
/// Finds out whether an item's record, which carries no MAC of its own, says what the authentic records beside it say: the descriptor its
/// settings, the ring its key, the heads its recovery points; and that none of these is so new that the record must be an old one brought
/// back. An authentic record that says otherwise is a refusal. One that is missing or lost bits is none: whoever would restore must not be
/// kept from it by the loss of a copy, and what is restored is checked against its manifest all the same.
/// </summary>
public sealed class ItemProof(IBlobStore store, AuthenticatedRecords records)
{
    private const int ReadsInFlight = 16;

    /// <exception cref="VaultException">RecordTampered, DataTooNew, WrongPlatformKey.</exception>
    public async Task VerifyAsync(ItemKey key, ItemRecord item, CancellationToken cancellation = default)
    {
        if (item.Key != key || (item.Settings is null && !item.Heads.IsEmpty) || !NamesItsOwn(key, item))
            throw Contradicted(key, "is not one this item can have");
        await TolerateLossAsync(() => VerifySettingsAsync(key, item, cancellation));
        await TolerateLossAsync(() => VerifyRingAsync(item, cancellation));
        RequireChain(item);
        await VerifyHeadsAsync(item, cancellation);
        var (described, deleted) = (NumberOf(item.Descriptor), NumberOf(item.Tombstones));
        if (
            await IsLaterDescriptorThereAsync(key, described + 1, cancellation)
            || await IsLaterTombstoneThereAsync(key, deleted + 1, cancellation)
        )
            throw BroughtBack(key);
    }

    private static bool NamesItsOwn(ItemKey key, ItemRecord item)
    {
        bool IsIn(string folder, RecordRef? named) =>
            named is null || (named.IsWhole && named.Name.StartsWith($"{folder}/", StringComparison.Ordinal) && IsSequenced(named.Name));
        bool IsSequenced(string name) => AuthenticatedRecords.TrySequenceOf(name, out _);
        return IsIn(ItemBlobs.Descriptors(key.ItemId), item.Descriptor)
            && IsIn(ItemBlobs.Rings(key.ItemId), item.Ring)
            && IsIn(ItemBlobs.Tombstones(key.ItemId), item.Tombstones)
            && item.Heads.All(h => h.Manifest.StartsWith(ItemBlobs.Manifests(key.ItemId), StringComparison.Ordinal));
    }

    /// <summary>Before the settings decide what is backed up: then their descriptor must be there.</summary>
    /// <exception cref="VaultException">RecordTampered, DataMissing, DataBitRot, DataTooNew, WrongPlatformKey.</exception>
    public async Task RequireSettingsAsync(ItemKey key, ItemRecord item, CancellationToken cancellation = default)
    {
        try
        {
            await VerifySettingsAsync(key, item, cancellation);
        }
        catch (VaultException e) when (e.Code is ErrorCodes.DataMissing or ErrorCodes.DataBitRot)
        {
            throw new VaultException(
                e.Code,
                $"{e.Message} Without it nothing vouches for the item's source and excludes.",
                "Run 'rvault protection disable' and 'rvault protection enable' for the item: that writes its settings anew."
            );
        }
    }

    private async Task VerifySettingsAsync(ItemKey key, ItemRecord item, CancellationToken cancellation = default)
    {
        var json = RecordJson.Default.ItemDescriptor;
        var authentic = item.Descriptor is { } named ? await records.ReadAsync(named, RecordType.Descriptor, json, cancellation) : null;
        var claimed = item.Settings is { } settings
            ? (authentic ?? new ItemDescriptor(key, 0, settings)) with
            {
                Item = key,
                Settings = settings,
            }
            : null;
        if (JsonSerializer.Serialize(claimed, json!) != JsonSerializer.Serialize(authentic, json!))
            throw Contradicted(key, "does not say what its authenticated descriptor says");
    }

    private async Task VerifyRingAsync(ItemRecord item, CancellationToken cancellation)
    {
        if (item.Ring is not { } named)
            return;
        var ring = await ReadRingAsync(item, named, cancellation);
        var says = (ring.Item, ring.Seq, ring.KeyGeneration, ring.Epochs.IsDefaultOrEmpty ? "" : ring.Newest.KeyId);
        if (says != (item.Key, item.RingSeq, item.KeyGeneration, item.KeyId))
            throw Contradicted(item.Key, "does not say what its authenticated key ring says");
        if (await IsLaterRingThereAsync(item.Key, item.RingSeq + 1, cancellation))
            throw BroughtBack(item.Key);
    }

    private async Task<KeyRing> ReadRingAsync(ItemRecord item, RecordRef named, CancellationToken cancellation)
    {
        try
        {
            return await records.ReadAsync(named, RecordType.Ring, RecordJson.Default.KeyRing, cancellation);
        }
        catch (VaultException e) when (e.Code == ErrorCodes.DataMissing)
        {
            // A ring is deleted only when a newer one is in force, and that is what this record does not know of.
            if (await IsLaterRingThereAsync(item.Key, AuthenticatedRecords.SequenceOf(named.Name), cancellation))
                throw BroughtBack(item.Key);
            throw;
        }
    }

    private Task<bool> IsLaterRingThereAsync(ItemKey key, long seq, CancellationToken cancellation) =>
        records.IsLaterThereAsync(
            ItemBlobs.Rings(key.ItemId),
            seq,
            RecordType.Ring,
            RecordJson.Default.KeyRing,
            (ring, named) => ring.Item == key && ring.Seq == named,
            cancellation
        );

    private Task<bool> IsLaterDescriptorThereAsync(ItemKey key, long seq, CancellationToken cancellation) =>
        records.IsLaterThereAsync(
            ItemBlobs.Descriptors(key.ItemId),
            seq,
            RecordType.Descriptor,
            RecordJson.Default.ItemDescriptor,
            (descriptor, named) => descriptor.Item == key && descriptor.Seq == named,
            cancellation
        );

    private Task<bool> IsLaterTombstoneThereAsync(ItemKey key, long seq, CancellationToken cancellation) =>
        records.IsLaterThereAsync(
            ItemBlobs.Tombstones(key.ItemId),
            seq,
            RecordType.Tombstone,
            RecordJson.Default.Deletions,
            (deletions, named) => deletions.Item == key && deletions.Seq == named,
            cancellation
        );

    private static long NumberOf(RecordRef? named) => named is null ? 0 : AuthenticatedRecords.SequenceOf(named.Name);

    private static void RequireChain(ItemRecord item)
    {
        for (var i = 1; i < item.Heads.Length; i++)
        {
            var (newer, older) = (item.Heads[i - 1], item.Heads[i]);
            if (newer.Seq != older.Seq + 1 || newer.PrevHash != older.HeadHash)
                throw Contradicted(item.Key, $"has recovery point {older.Seq} where it does not belong");
        }
    }

    private async Task VerifyHeadsAsync(ItemRecord item, CancellationToken cancellation)
    {
        var folder = ItemBlobs.Heads(item.Key.ItemId);
        // Those from the oldest on that the record holds; the ones beyond its newest are looked at for what they prove.
        var first = item.Heads.IsEmpty ? 1 : item.Heads[^1].Seq;
        List<string> names = [];
        await foreach (var blob in store.ListAllAsync($"{folder}/", $"{folder}/{AuthenticatedRecords.Sequence(first)}", cancellation))
        {
            if (AuthenticatedRecords.TrySequenceOf(blob.Name, out _))
                names.Add(blob.Name);
        }
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadsInFlight, CancellationToken = cancellation };
        var authentic = new List<RecoveryPointHead>();
        await Parallel.ForEachAsync(
            names,
            options,
            async (name, cancel) =>
            {
                if (await records.FindSoundAsync(name, RecordType.Head, RecordJson.Default.RecoveryPointHead, cancel) is not { } head)
                    return;
                lock (authentic)
                    authentic.Add(head);
            }
        );
        RequireHeads(item, authentic.Where(h => h.Manifest.StartsWith(ItemBlobs.Manifests(item.Key.ItemId), StringComparison.Ordinal)));
    }

    private static void RequireHeads(ItemRecord item, IEnumerable<RecoveryPointHead> authentic)
    {
        var written = authentic.ToLookup(h => h.Seq);
        foreach (var head in item.Heads)
        {
            // Set at the commit, so no head says it again: it must at least be a key.
            if (!KeyVersions.IsPlatform(head.KeyIdAtBackup) && !KeyId.TryParse(head.KeyIdAtBackup, out _))
                throw Contradicted(item.Key, $"names no key for recovery point {head.Seq}");
            // A crash can have left others of the same number; one of them must be the committed one, if any was found.
            if (written.Contains(head.Seq) && !written[head.Seq].Any(w => IsSame(w, head)))
                throw Contradicted(item.Key, $"does not say of recovery point {head.Seq} what its authenticated head says");
        }
        // The head after the next was written on top of one that was committed, and this record does not know of that one.
        if (written.Any(w => w.Key > item.NextSeq))
            throw BroughtBack(item.Key);
    }

    /// <summary>The key's version is set at the commit itself, when a ring has changed since the head was written.</summary>
    private static bool IsSame(RecoveryPointHead written, RecoveryPointHead claimed) =>
        JsonSerializer.Serialize(written with { KeyIdAtBackup = "" }, RecordJson.Default.RecoveryPointHead)
        == JsonSerializer.Serialize(claimed with { KeyIdAtBackup = "" }, RecordJson.Default.RecoveryPointHead);

    private static async Task TolerateLossAsync(Func<Task> verify)
    {
        try
        {
            await verify();
        }
        catch (VaultException e) when (e.Code is ErrorCodes.DataMissing or ErrorCodes.DataBitRot)
        {
            // Reported by whoever needs it, and by scrubbing the store.
        }
        catch (BlobStoreException e) when (e.Error == BlobError.Damaged)
        {
            // The same.
        }
    }

    private static VaultException BroughtBack(ItemKey key) => Contradicted(key, "is an older one that was brought back");

    private static VaultException Contradicted(ItemKey key, string what) =>
        new(ErrorCodes.RecordTampered, $"The record of item {key.ItemId} {what}.");
}
