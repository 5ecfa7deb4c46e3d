using System.Globalization;
using Orleans.Placement;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

/// <summary>Hosts one <see cref="ItemRecord"/> and the item's sessions, whose unwrapped keys live in this silo only.</summary>
[GrainType(GrainRecords.ItemType), Immovable]
public sealed partial class ProtectedItemGrain
    : Grain,
        IProtectedItemGrain,
        IItemKeys,
        IItemPolicy,
        IItemPurge,
        IItemShredding,
        IRunningJobs,
        IStoppableJobs,
        IIncomingGrainCallFilter,
        IDisposable
{
    private readonly RecordCell<ItemRecord> _cell;
    private readonly ItemParts _parts;

    public ProtectedItemGrain(
        [PersistentState(GrainRecords.StateName, GrainRecords.Provider)] IPersistentState<ItemRecord> state,
        ItemParts parts
    )
    {
        _cell = new RecordCell<ItemRecord>(state, VerifyAsync);
        _parts = parts;
    }

    public void Dispose()
    {
        _cell.Dispose();
        _settling.Dispose();
    }

    private ItemKey Key => ItemKey.Parse(this.GetPrimaryKeyString());

    private Journal Journal => _parts.Journal;

    private IVaultKeys Vault => GrainFactory.GetGrain<IVaultKeys>(Key.VaultId.ToString());

    private ItemRecord Item =>
        _cell.Current is { Settings: not null } record
            ? record
            : throw new VaultException(ErrorCodes.ItemNotFound, $"There is no item {Key.ItemId}, or its protection was never completed.");

    /// <summary>No call is answered from a record that may be stale after a failed write, or that is not authentic.</summary>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await _cell.RefreshAsync();
        await RefusedAttempts.InvokeAsync(context, Journal, () => _cell.Current is { Settings: not null } ? Key.VaultId : null);
    }

    public async Task<ItemSummary> GetAsync()
    {
        await Journal.BestEffortAsync(() => SettleAsync());
        var deletions = await FindDeletionsAsync();
        var item = Item;
        return item.ToSummary(deletions, await _parts.RecoveryPoints.FindLatestAsync(item, deletions));
    }

    public Task<bool> IsProtectedAsync() => Task.FromResult(_cell.Current?.Settings?.State == ProtectionState.Protected);

    public Task<string?> GetNameAsync() => Task.FromResult(_cell.Current?.Settings?.Name);

    public async Task DisableAsync(DisableProtection request)
    {
        var settings = Item.RequireSettings();
        if (settings.State != ProtectionState.Protected)
            return;
        await SettleAsync();
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.DisableBackup, settings.Name, Key.ItemId);
        await Journal.FailOnRefusalAsync(
            Key.VaultId,
            jobId,
            "DisableProtection",
            async () =>
            {
                var note = NoteOf("DisableProtection", jobId, new KeyValuePair<string, string>("reason", request.Reason));
                await UpdateAsync(_ => Item.StopProtection().Owe(note));
                await SettleAsync(note);
                return true;
            }
        );
    }

    public async Task<Page<RecoveryPointSummary>> ListRecoveryPointsAsync(PageRequest page)
    {
        var deletions = await FindDeletionsAsync();
        var item = Item;
        var before = page.After is { } after ? ParsePosition(after) : long.MaxValue;
        var count = Math.Clamp(page.Count, 1, PageRequest.MaxCount);
        List<RecoveryPointSummary> points = [];
        await foreach (var head in _parts.RecoveryPoints.ListAsync(item, before, deletions))
        {
            points.Add(item.ToSummary(head, deletions));
            if (points.Count == count)
                break;
        }
        var next = points is [.., { Seq: > 1 } last] && points.Count == count ? last.Seq.ToString(CultureInfo.InvariantCulture) : null;
        return new Page<RecoveryPointSummary>(points, next);
    }

    public async Task<RecoveryPointSummary> GetRecoveryPointAsync(string name)
    {
        var deletions = await FindDeletionsAsync();
        return Item.ToSummary(await FindHeadAsync(name, deletions), deletions);
    }

    /// <summary>A recovery point that is not purged by name; the newest available one without a name.</summary>
    private async Task<RecoveryPointHead> FindHeadAsync(string? name, Deletions deletions)
    {
        var item = Item;
        var head = name is null
            ? await _parts.RecoveryPoints.FindLatestAsync(item, deletions)
            : await _parts.RecoveryPoints.FindAsync(item, name);
        if (head is not null)
            return deletions.IsPurged(head.Seq) ? throw Purged(head.Name) : head;
        throw new VaultException(
            ErrorCodes.RecoveryPointNotFound,
            name is not null ? $"Item '{item.RequireSettings().Name}' has no recovery point '{name}'."
                : item.Newest is null ? $"Item '{item.RequireSettings().Name}' has no recovery point yet."
                : $"Item '{item.RequireSettings().Name}' has no recovery point that is not deleted."
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
            if (ReferenceEquals(next, current))
                return next;
            if (next.Settings is { } settings && settings != current?.Settings)
            {
                var seq = next.Descriptor is { } last ? AuthenticatedRecords.SequenceOf(last.Name) + 1 : 1;
                next = next with { Descriptor = await _parts.Descriptors.WriteAsync(Key, seq, settings, next.Owed) };
            }
            return Vouched(next.StampNotes(current));
        });
}
