using System.Collections.Immutable;
using RecoveryVault.Access;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    /// <summary>What interleaves must not pay the same note twice.</summary>
    private readonly SemaphoreSlim _settling = new(1, 1);

    private (RecordRef? Reference, Deletions Deletions)? _known;

    /// <summary>The deletions in force: whoever deletes or reclaims must know them, or does nothing.</summary>
    private async Task<Deletions> RequireDeletionsAsync()
    {
        while (true)
        {
            var reference = Item.Tombstones;
            try
            {
                return await ReadDeletionsAsync(reference);
            }
            catch (VaultException e) when (e.Code == ErrorCodes.DataMissing)
            {
                // Superseded between looking and reading, perhaps by another activation of this grain: then there is a newer one.
                await _cell.ReadAsync();
                if (Item.Tombstones == reference)
                    throw;
            }
        }
    }

    /// <summary>
    /// The same for whoever only reads: a damaged tombstone record must not stand between a customer and what can be restored.
    /// </summary>
    private async Task<Deletions> FindDeletionsAsync()
    {
        _ = Item;
        try
        {
            return await RequireDeletionsAsync();
        }
        catch (Exception e) when (e is VaultException or BlobStoreException { Error: BlobError.Damaged })
        {
            return Deletions.None(Key);
        }
    }

    private async Task<Deletions> ReadDeletionsAsync(RecordRef? reference)
    {
        if (_known is { } known && known.Reference == reference)
            return known.Deletions;
        var deletions = await _parts.Tombstones.ReadAsync(Key, reference);
        _known = (reference, deletions);
        return deletions;
    }

    /// <summary>
    /// Changes the deletions: first the new record, then the one conditional write that names it and owes the log entry. A job that the
    /// note names ends with it. What is superseded goes afterwards.
    /// </summary>
    /// <param name="state">The item's own state from then on; null: as it is.</param>
    private async Task ChangeDeletionsAsync(OwedNote note, Func<ItemRecord, Deletions, Deletions> change, ProtectionState? state = null)
    {
        try
        {
            await UpdateAsync(async _ =>
            {
                var item = Item;
                var current = await ReadDeletionsAsync(item.Tombstones);
                if (item.Owed.Any(owed => owed.Id == note.Id))
                    return item;
                var next = change(item, current);
                var changed = item.WithState(state ?? item.RequireSettings().State);
                if (ReferenceEquals(next, current))
                    return ReferenceEquals(changed, item) ? item : changed.Owe(note);
                next = next with { Owed = item.Owed.Add(note) };
                return changed.UseDeletions(await _parts.Tombstones.WriteAsync(next), note);
            });
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            // A write of unclear outcome may have happened: then it stands, and its job did not fail.
            await Journal.BestEffortAsync(() => _cell.ReadAsync());
            if (_cell.Current?.Owed.Any(owed => owed.Id == note.Id) is not true)
            {
                await FailAsync(note, refusal);
                throw note.EndsJob ? Journal.Noted(refusal) : refusal;
            }
        }
        await SettleAsync(note);
        if (Item.Tombstones is { } inForce)
            await Journal.BestEffortAsync(() => _parts.Tombstones.DeleteSupersededAsync(Key, inForce));
    }

    private Task FailAsync(OwedNote note, VaultException refusal)
    {
        var end = JobEnd.Failed(Journal.Now, new JobError(refusal.Code, refusal.Message, refusal.Recommendation));
        return note.EndsJob
            ? Journal.BestEffortAsync(() => Journal.EndAsync(Key.VaultId, note.CorrelationId, note.Operation, end))
            : Task.CompletedTask;
    }

    private ItemRecord Vouched(ItemRecord item) => item with { Owed = _parts.Notes.Seal($"{Key}", item.Owed) };

    private async Task VerifyAsync(ItemRecord item)
    {
        await _parts.Proof.VerifyAsync(Key, item);
        _parts.Notes.Require($"{Key}", item.Owed);
    }

    private OwedNote NoteOf(string operation, Guid jobId, params IEnumerable<KeyValuePair<string, string>> details) =>
        NoteOf(operation, Item.RequireSettings().Name, jobId, details);

    private OwedNote NoteOf(string operation, string itemName, Guid jobId, params IEnumerable<KeyValuePair<string, string>> details) =>
        new(
            Guid.NewGuid(),
            jobId,
            EndsJob: true,
            operation,
            Caller.Current,
            Journal.Now,
            details.Append(new("itemName", itemName)).ToImmutableSortedDictionary(StringComparer.Ordinal)
        );

    /// <summary>A crash left something owed: whoever comes next pays.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_cell.Current is { Owed.IsEmpty: false })
            await Journal.BestEffortAsync(() => SettleAsync());
        await base.OnActivateAsync(cancellationToken);
    }

    public Task SettleAsync(Guid jobId) => SettleAsync(_cell.Current?.Owed.FirstOrDefault(note => note.CorrelationId == jobId));

    /// <summary>Pays what changes owe to jobs and log. What cannot be paid now stays owed, until too much has come together.</summary>
    /// <param name="fresh">The note of the change just made, which nobody can have paid long ago.</param>
    private async Task SettleAsync(OwedNote? fresh = null)
    {
        if (_cell.Current is not { Owed.IsEmpty: false })
            return;
        // At the activation nobody has looked yet whether the record is authentic.
        await _cell.RefreshAsync();
        await _settling.WaitAsync();
        var owed = _cell.Current.Owed;
        try
        {
            foreach (var note in owed)
                await Journal.PayAsync(Key.VaultId, note, mayBePaid: note.Id != fresh?.Id);
            await UpdateAsync(_ => Item.Settle(owed));
        }
        catch (Exception e) when (Refusals.Find(e) is not null && owed.Length < ItemRecord.MaxOwed)
        {
            // Still owed: the next deletion, or the next activation, pays.
        }
        finally
        {
            OwedMeter.Tried(this.GetPrimaryKeyString(), _cell.Current?.Owed.Length ?? 0, _parts.Time);
            _settling.Release();
        }
    }
}
