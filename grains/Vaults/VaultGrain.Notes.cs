using System.Collections.Immutable;
using RecoveryVault.Access;
using RecoveryVault.Errors;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    /// <summary>What interleaves must not pay the same note twice.</summary>
    private readonly SemaphoreSlim _settling = new(1, 1);

    private OwedNote NoteOf(string operation, Guid operationId, params IEnumerable<KeyValuePair<string, string>> details) =>
        new(
            Guid.NewGuid(),
            operationId,
            EndsJob: false,
            operation,
            Caller.Current,
            Journal.Now,
            details.ToImmutableSortedDictionary(StringComparer.Ordinal)
        );

    private VaultRecord Vouched(VaultRecord vault) => vault with { Owed = _parts.Notes.Seal($"{VaultId}", vault.Owed) };

    private async Task VerifyAsync(VaultRecord vault)
    {
        await _parts.Descriptors.VerifyAsync(VaultId, vault);
        _parts.Notes.Require($"{VaultId}", vault.Owed);
    }

    /// <summary>A refused attempt leaves the vault as it was, and itself in the log.</summary>
    private async Task<T> LogRefusalAsync<T>(string operation, Guid operationId, Func<Task<T>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (VaultException refusal) when (_cell.Current is { Settings.Deleted: false })
        {
            await Journal.LogRefusalAsync(VaultId, operation, operationId, refusal);
            throw;
        }
    }

    /// <summary>
    /// Pays what changes owe to jobs and log. A store that fails now must not make a change look undone that is durable: what is not paid
    /// stays owed. Only when too much has come together is nothing further taken on.
    /// </summary>
    /// <param name="fresh">The note of the change just made, which nobody can have paid yet.</param>
    /// <param name="isLast">Whether there is no later: then what cannot be paid is the caller's failure.</param>
    private async Task SettleAsync(OwedNote? fresh = null, bool isLast = false)
    {
        if (_cell.Current is not { Owed.IsEmpty: false })
            return;
        await _cell.RefreshAsync();
        await _settling.WaitAsync();
        var record = _cell.Current;
        try
        {
            foreach (var note in record.Owed)
                await Journal.PayAsync(VaultId, note, mayBePaid: note.Id != fresh?.Id);
            await UpdateAsync(current => (current ?? record).Settle(record.Owed));
        }
        catch (Exception e) when (Refusals.Find(e) is not null && !isLast && record.Owed.Length < VaultRecord.MaxOwed)
        {
            // Still owed: the next change, or the next activation's first look, pays.
        }
        finally
        {
            _settling.Release();
        }
    }
}
