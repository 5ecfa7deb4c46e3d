using System.Globalization;
using Orleans.Placement;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

/// <summary>Hosts one <see cref="ItemRecord"/> and the item's sessions, whose unwrapped keys live in this silo only.</summary>
[GrainType(GrainRecords.ItemType), Immovable]
public sealed partial class ProtectedItemGrain : Grain, IProtectedItemGrain, IItemKeys, IDisposable
{
    private readonly RecordCell<ItemRecord> _cell;
    private readonly ItemParts _parts;

    public ProtectedItemGrain(
        [PersistentState(GrainRecords.StateName, GrainRecords.Provider)] IPersistentState<ItemRecord> state,
        ItemParts parts
    )
    {
        _cell = new RecordCell<ItemRecord>(state);
        _parts = parts;
    }

    public void Dispose() => _cell.Dispose();

    private ItemKey Key => ItemKey.Parse(this.GetPrimaryKeyString());

    private Journal Journal => _parts.Journal;

    private IVaultKeys Vault => GrainFactory.GetGrain<IVaultKeys>(Key.VaultId.ToString());

    private ItemRecord Item =>
        _cell.Current is { Settings: not null } record
            ? record
            : throw new VaultException(ErrorCodes.ItemNotFound, $"There is no item {Key.ItemId}, or its protection was never completed.");

    public Task<ItemSummary> GetAsync() => Task.FromResult(Item.ToSummary());

    public Task<bool> IsProtectedAsync() => Task.FromResult(_cell.Current?.Settings?.State == ProtectionState.Protected);

    public async Task DisableAsync(DisableProtection request)
    {
        var settings = Item.RequireSettings();
        if (settings.State == ProtectionState.ProtectionStopped)
            return;
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.DisableBackup, settings.Name);
        await Journal.FailOnRefusalAsync(
            Key.VaultId,
            jobId,
            "DisableProtection",
            async () =>
            {
                await UpdateAsync(_ => Item.StopProtection());
                await Journal.EndAsync(
                    Key.VaultId,
                    jobId,
                    "DisableProtection",
                    JobEnd.Completed(Journal.Now, new("itemName", settings.Name), new("reason", request.Reason))
                );
                return true;
            }
        );
    }

    public async Task<Page<RecoveryPointSummary>> ListRecoveryPointsAsync(PageRequest page)
    {
        var item = Item;
        var before = page.After is { } after ? long.Parse(after, NumberStyles.None, CultureInfo.InvariantCulture) : long.MaxValue;
        var count = Math.Clamp(page.Count, 1, PageRequest.MaxCount);
        List<RecoveryPointSummary> points = [];
        await foreach (var head in _parts.RecoveryPoints.ListAsync(item, before))
        {
            points.Add(item.ToSummary(head));
            if (points.Count == count)
                break;
        }
        var next = points is [.., { Seq: > 1 } last] && points.Count == count ? last.Seq.ToString(CultureInfo.InvariantCulture) : null;
        return new Page<RecoveryPointSummary>(points, next);
    }

    public async Task<RecoveryPointSummary> GetRecoveryPointAsync(string name) => Item.ToSummary(await FindHeadAsync(name));

    private async Task<RecoveryPointHead> FindHeadAsync(string? name)
    {
        var head = name is null ? Item.Newest : await _parts.RecoveryPoints.FindAsync(Item, name);
        return head
            ?? throw new VaultException(
                ErrorCodes.RecoveryPointNotFound,
                name is null
                    ? $"Item '{Item.RequireSettings().Name}' has no recovery point yet."
                    : $"Item '{Item.RequireSettings().Name}' has no recovery point '{name}'."
            );
    }

    /// <summary>
    /// Changes the record; a change of settings is first written as a descriptor, which the record's conditional write then names.
    /// </summary>
    private Task<ItemRecord> UpdateAsync(Func<ItemRecord?, ItemRecord> change) =>
        UpdateAsync(current => ValueTask.FromResult(change(current)));

    private Task<ItemRecord> UpdateAsync(Func<ItemRecord?, ValueTask<ItemRecord>> change) =>
        _cell.UpdateAsync(async current =>
        {
            var next = await change(current);
            if (ReferenceEquals(next, current) || next.Settings is not { } settings || settings == current?.Settings)
                return next;
            var seq = next.Descriptor is { } last ? AuthenticatedRecords.SequenceOf(last.Name) + 1 : 1;
            return next with { Descriptor = await _parts.Descriptors.WriteAsync(Key, seq, settings) };
        });
}
