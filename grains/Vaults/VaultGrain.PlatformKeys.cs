using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private const string PlatformOperation = "RotatePlatformKey";

    public async Task<bool> AnnouncePlatformKeyAsync()
    {
        var keyId = KeyVersions.Platform(_parts.PlatformKeyId);
        if (_cell.Current is not { Settings: { Deleted: false, Encryption: { IsCustomerManaged: false } old } })
            return false;
        if (old.Current.KeyId != keyId)
        {
            var jobId = await Journal.StartAsync(VaultId, JobOperations.RotatePlatformKey, itemName: null);
            await Journal.FailOnRefusalAsync(VaultId, jobId, LogOperation, () => AnnouncePlatformKeyAsync(keyId, old.Current.KeyId, jobId));
        }
        if (Vault.Settings.Encryption.Previous is null)
            return false;
        await EnsureRotationAsync();
        return true;
    }

    /// <summary>Without items the announcement is all, and owes the end of its job and its entry at once.</summary>
    private async Task<bool> AnnouncePlatformKeyAsync(string keyId, string oldKeyId, Guid jobId)
    {
        OwedNote? note = null;
        await UpdateAsync(_ =>
        {
            var vault = Vault;
            var next = vault.UsePlatformKey(keyId, Journal.Now);
            if (ReferenceEquals(next, vault))
                return vault;
            next = next with { RotationJobId = jobId };
            if (next.Settings.Encryption.Previous is not null)
                return next;
            note = KeyNoteOf(jobId, oldKeyId, next);
            return next.Owe(note);
        });
        // Another activation announced first: its job is the rotation's, and this one did nothing.
        if (Vault.RotationJobId != jobId)
            await Journal.EndAsync(VaultId, jobId, LogOperation, JobEnd.Completed(Journal.Now) with { Status = JobStatus.Cancelled });
        await SettleAsync(note);
        return true;
    }

    public async Task<int> RenewRecordsAsync()
    {
        if (_cell.Current is null)
            return 0;
        var renewed = 0;
        var note = NoteOf(PlatformOperation, Guid.NewGuid(), new KeyValuePair<string, string>("platformKeyId", $"{_parts.Renewal.KeyId}"));
        await _cell.UpdateAsync(async current =>
        {
            if (current is null)
                throw new InvalidOperationException("A record does not vanish.");
            if (current is not { Descriptor: { } named } || !await _parts.Renewal.IsDueAsync(named))
                return _parts.Notes.AreCurrent(current.Owed) ? current : Vouched(current);
            renewed = 1;
            var seq = AuthenticatedRecords.SequenceOf(named.Name) + 1;
            // Of a deleted vault nobody would pay it.
            return await DescribeAsync(current.Settings.Deleted ? current with { } : current.Owe(note), current, seq);
        });
        await SettleAsync();
        if (_cell.Current?.Descriptor is not { } inForce)
            return renewed;
        await foreach (var count in _parts.Renewal.RenewAsync($"descriptors/{VaultId}/", name => IsSuperseded(name, inForce)))
            renewed += count;
        return renewed;
    }

    private static bool IsSuperseded(string name, RecordRef inForce) =>
        name != inForce.Name
        && AuthenticatedRecords.TrySequenceOf(name, out var seq)
        && seq <= AuthenticatedRecords.SequenceOf(inForce.Name);

    public Task<IReadOnlyList<ItemId>> ListAllItemsAsync() =>
        _parts.Census.ListItemsAsync(VaultId, _cell.Current is { } vault ? vault.Roster : []);
}
