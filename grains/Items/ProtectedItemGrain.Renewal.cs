using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public async Task<int> RenewRecordsAsync()
    {
        if (_cell.Current is null)
            return 0;
        var renewed = 0;
        await _cell.UpdateAsync(async current =>
        {
            var item = current ?? throw new InvalidOperationException("A record does not vanish.");
            (var next, renewed) = await RenewedAsync(item);
            return next;
        });
        if (_cell.Current is not { } record)
            return renewed;
        await ClearRingsAsync();
        if (record.Tombstones is { } tombstones)
            await _parts.Tombstones.DeleteSupersededAsync(Key, tombstones);
        if (record.Descriptor is not { } inForce)
            return renewed;
        await foreach (
            var count in _parts.Renewal.RenewAsync($"{ItemBlobs.Descriptors(Key.ItemId)}/", name => KeyRings.IsSuperseded(name, inForce))
        )
            renewed += count;
        return renewed;
    }

    /// <summary>
    /// The record with what it names by hash written anew, as far as an older key authenticates that; else the very same.
    /// </summary>
    private async Task<(ItemRecord Item, int Renewed)> RenewedAsync(ItemRecord item)
    {
        var (next, renewed) = (item, 0);
        if (item.Settings is { } settings && item.Descriptor is { } descriptor && await _parts.Renewal.IsDueAsync(descriptor))
        {
            var seq = AuthenticatedRecords.SequenceOf(descriptor.Name) + 1;
            (next, renewed) = (next with { Descriptor = await _parts.Descriptors.WriteAsync(Key, seq, settings) }, renewed + 1);
        }
        if (item.Ring is { } ring && await _parts.Renewal.IsDueAsync(ring))
        {
            // The wraps stay as they are: only who vouches for them changes.
            var anew = await _parts.Rings.ReadAsync(Key, ring) with
            {
                Seq = item.RingSeq + 1,
            };
            (next, renewed) = (next.UseRing(anew, await _parts.Rings.WriteAsync(anew)), renewed + 1);
        }
        if (item.Tombstones is { } tombstones && await _parts.Renewal.IsDueAsync(tombstones))
        {
            var deletions = await _parts.Tombstones.ReadAsync(Key, tombstones);
            var anew = await _parts.Tombstones.WriteAsync(deletions with { Seq = deletions.Seq + 1 });
            (next, renewed) = (next with { Tombstones = anew }, renewed + 1);
        }
        return (_parts.Notes.AreCurrent(next.Owed) ? next : Vouched(next), renewed);
    }
}
