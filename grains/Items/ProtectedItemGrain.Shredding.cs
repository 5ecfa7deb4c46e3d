using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private static readonly TimeSpan ShredSlice = TimeSpan.FromSeconds(5);

    public async Task<DateTimeOffset?> GetRetainedUntilAsync()
    {
        if (_cell.Current?.Settings is null)
            return null;
        DateTimeOffset? latest = null;
        await foreach (var head in _parts.RecoveryPoints.ListAsync(Item, long.MaxValue, await FindDeletionsAsync()))
            latest = head.RetainUntil is { } until && !(until <= latest) ? until : latest;
        return latest;
    }

    public async Task<ShreddedItem> DescribeAsync()
    {
        var item = _cell.Current;
        List<string> commitments = [];
        if (item?.Ring is { } reference)
            await Jobs.Journal.BestEffortAsync(async () =>
                commitments.AddRange(
                    (await _parts.Rings.ReadAsync(Key, reference)).Epochs.Select(e => Convert.ToHexStringLower(e.Commitment))
                )
            );
        var (packs, bytes) = (0L, 0L);
        await foreach (var pack in _parts.Store.ListAllAsync($"{ItemBlobs.Packs(Key.ItemId)}/"))
            (packs, bytes) = (packs + 1, bytes + pack.Length);
        var purged = item?.Settings is null ? 0 : (await FindDeletionsAsync()).PurgedCount;
        return new ShreddedItem(
            Key.ItemId.ToString(),
            item?.Settings?.Name ?? "",
            commitments,
            (item?.RecoveryPointCount ?? 0) - purged,
            item?.Newest?.HeadHash ?? "",
            packs,
            bytes
        );
    }

    public async Task DestroyKeysAsync()
    {
        if (_cell.Current is { Settings: not null } item)
            RequireNoWriter(item);
        _parts.Deks.Evict(Key);
        await DeleteAllAsync($"{ItemBlobs.Rings(Key.ItemId)}/", TimeSpan.MaxValue);
    }

    /// <summary>
    /// The record is the last to forget: what it names may be missing, but what it does not name looks as if an old record was back.
    /// </summary>
    public async Task<bool> DestroyDataAsync()
    {
        var itemId = Key.ItemId;
        string[] folders =
        [
            $"{ItemBlobs.Descriptors(itemId)}/",
            $"{ItemBlobs.Heads(itemId)}/",
            ItemBlobs.Manifests(itemId),
            $"{ItemBlobs.IndexRuns(itemId)}/",
            $"{ItemBlobs.Packs(itemId)}/",
            $"{ItemBlobs.DamagedPacks(itemId)}/",
            $"{ItemBlobs.Tombstones(itemId)}/",
        ];
        var started = _parts.Time.GetTimestamp();
        foreach (var folder in folders)
            if (!await DeleteAllAsync(folder, ShredSlice - _parts.Time.GetElapsedTime(started)))
                return false;
        if (_cell.Current is { Settings: not null } or { Ring: not null })
            await UpdateAsync(current => ItemRecord.Enrolled(Key, current?.KeyGeneration ?? 0));
        return true;
    }

    /// <summary>False when the time is over; true when nothing is seen there any more.</summary>
    private async Task<bool> DeleteAllAsync(string folder, TimeSpan time)
    {
        var started = _parts.Time.GetTimestamp();
        while (true)
        {
            var page = await _parts.Store.ListAsync(folder);
            if (page.Items.Count == 0)
                return true;
            foreach (var blob in page.Items)
            {
                if (_parts.Time.GetElapsedTime(started) > time)
                    return false;
                await _parts.Store.DeleteAsync(blob.Name);
            }
        }
    }
}
