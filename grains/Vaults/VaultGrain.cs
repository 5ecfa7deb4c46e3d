using System.Collections.Immutable;
using Orleans.Placement;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

/// <summary>Hosts one <see cref="VaultRecord"/>: reads it, asks it, persists the answer, acts.</summary>
[GrainType(GrainRecords.VaultType), Immovable]
public sealed partial class VaultGrain
    : Grain,
        IVaultGrain,
        IVaultKeys,
        IVaultPolicies,
        IVaultCreation,
        IRunningJobs,
        IIncomingGrainCallFilter,
        IRemindable,
        IDisposable
{
    private readonly RecordCell<VaultRecord> _cell;
    private readonly VaultParts _parts;

    public VaultGrain(
        [PersistentState(GrainRecords.StateName, GrainRecords.Provider)] IPersistentState<VaultRecord> state,
        VaultParts parts
    )
    {
        _cell = new RecordCell<VaultRecord>(state, VerifyAsync);
        _parts = parts;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_cell.Current is { Settings.Deleted: false, MustBeWatched: true })
            await EnsureRotationAsync();
        await EnsureCheckReminderAsync();
        await base.OnActivateAsync(cancellationToken);
    }

    public void Dispose()
    {
        _cell.Dispose();
        _settling.Dispose();
    }

    private VaultId VaultId => VaultId.Parse(this.GetPrimaryKeyString());

    private Journal Journal => _parts.Journal;

    private VaultRecord Vault =>
        _cell.Current is { Settings.Deleted: false } record
            ? record
            : throw new VaultException(ErrorCodes.VaultNotFound, $"There is no vault {VaultId}: it was deleted or never created.");

    public async Task<VaultSummary?> CreateAsync(CreateVault request)
    {
        await SettleAsync();
        if (_cell.Current is { Settings.Deleted: true })
            return null;
        if (_cell.Current is null)
            await RequireNoHistoryAsync();
        var note = NoteOf("CreateVault", request.OperationId, new("name", request.Name), new("location", request.Location));
        var created = VaultRecord
            .Create(VaultId, request, _parts.TenantId, KeyVersions.Platform(_parts.PlatformKeyId), Journal.Now)
            .Remember(request.OperationId, request.OperationId)
            .Owe(note);
        await UpdateAsync(current =>
            current is null || current.JobOf(request.OperationId) is not null
                ? current ?? created
                : throw new VaultException(ErrorCodes.VaultAlreadyExists, $"There is a vault '{current.Settings.Name}' already.")
        );
        await SettleAsync(note);
        return Vault.ToSummary();
    }

    /// <summary>A vault that has a log has existed: made anew it would be another one, of weaker settings, under the same id.</summary>
    private async Task RequireNoHistoryAsync()
    {
        if ((await GrainFactory.GetGrain<IActivityLogWriter>(VaultId.ToString()).GetMarkAsync()).Seq > 0)
            throw new VaultException(
                ErrorCodes.DataMissing,
                $"The record of vault {VaultId} is missing, and its activity log is there.",
                "Stop whatever serves the store and run 'rvault store rebuild'."
            );
    }

    public async Task<VaultSummary?> FindAsync()
    {
        await SettleAsync();
        return _cell.Current is { Settings.Deleted: false } record ? record.ToSummary() : null;
    }

    public Task<VaultSummary> GetAsync() => Task.FromResult(Vault.ToSummary());

    public async Task DeleteAsync(DeleteVault request)
    {
        var name = (_cell.Current?.JobOf(request.OperationId) is null ? Vault : _cell.Current).Settings.Name;
        var (emptied, remains) = await FindEmptiedAsync();
        await ChangeAsync(
            request.OperationId,
            "DeleteVault",
            vault => RequireEmpty(vault, remains).Delete(request.Reason, emptied),
            _ => [new("name", name), new("reason", request.Reason)]
        );
        // Nobody finds the vault once its name is free, so what it owes must be paid before.
        await SettleAsync(isLast: true);
        await _parts.VaultNames.FreeAsync(name, VaultId.ToString());
    }

    /// <summary>
    /// Deleted items of which nothing can be had back. Only this grain lets an item be protected again, and it is busy with this; a backup
    /// of a deleted item does not begin.
    /// </summary>
    private async Task<(ImmutableArray<ItemId> Emptied, IReadOnlyList<ItemRemains> Remains)> FindEmptiedAsync()
    {
        var emptied = ImmutableArray.CreateBuilder<ItemId>();
        List<ItemRemains> remains = [];
        foreach (var itemId in _cell.Current?.Roster ?? [])
        {
            if (remains.Count == MaxRemainsNamed)
                break;
            if (await GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, itemId).ToString()).FindRemainsAsync() is { } left)
                remains.Add(left);
            else
                emptied.Add(itemId);
        }
        return (emptied.ToImmutable(), remains);
    }

    private const int MaxRemainsNamed = 10;

    /// <summary>Says what is in the way; whether all that was there is gone, the record itself decides.</summary>
    private static VaultRecord RequireEmpty(VaultRecord vault, IReadOnlyList<ItemRemains> remains)
    {
        if (remains.Count == 0)
            return vault;
        var what = string.Join(", ", remains) + (remains.Count == MaxRemainsNamed ? " and perhaps more" : "");
        throw remains.All(left => left.IsDeleted)
            ? new VaultException(
                ErrorCodes.VaultHasDeletedItems,
                $"Vault '{vault.Settings.Name}' has deleted items that can be had back: {what}."
            )
            : new VaultException(ErrorCodes.VaultNotEmpty, $"Vault '{vault.Settings.Name}' has items: {what}.");
    }

    public async Task<VaultSummary> MoveAsync(MoveVault request)
    {
        await ChangeAsync(
            request.OperationId,
            "MoveVault",
            vault => vault.Move(request),
            moved =>
                [
                    new("resourceGroup", moved.Settings.ResourceGroup),
                    new("subscription", moved.Settings.SubscriptionId),
                    new("tenantId", moved.Settings.TenantId),
                ]
        );
        return Vault.ToSummary();
    }

    public async Task<VaultIdentity> AssignIdentityAsync(ChangeIdentity request)
    {
        const string Operation = "AssignIdentity";
        var principal = Guid.NewGuid().ToString();
        var identities = await LogRefusalAsync(Operation, request.OperationId, () => FindIdentitiesAsync(request));
        await ChangeAsync(
            request.OperationId,
            Operation,
            vault => (request.SystemAssigned ? vault.AssignSystemIdentity(principal) : vault).AssignUserIdentities(identities),
            vault => DetailsOf(request, vault)
        );
        return Vault.ToIdentity();
    }

    private async Task<IReadOnlyList<UserAssignedIdentity>> FindIdentitiesAsync(ChangeIdentity request)
    {
        VaultRecord.Require(request);
        List<UserAssignedIdentity> identities = [];
        foreach (var nameOrId in request.UserAssigned)
            identities.Add(await _parts.Identities.GetAsync(nameOrId));
        return identities;
    }

    public async Task<VaultIdentity> RemoveIdentityAsync(ChangeIdentity request)
    {
        var before = Vault;
        await ChangeAsync(
            request.OperationId,
            "RemoveIdentity",
            vault =>
            {
                VaultRecord.Require(request);
                return (request.SystemAssigned ? vault.RemoveSystemIdentity() : vault).RemoveUserIdentities([.. request.UserAssigned]);
            },
            _ => DetailsOf(request, before)
        );
        return Vault.ToIdentity();
    }

    public async Task<IReadOnlyList<string>> AddPrivateEndpointAsync(ChangePrivateEndpoint request)
    {
        await ChangeAsync(
            request.OperationId,
            "AddPrivateEndpoint",
            vault =>
            {
                VaultRecord.Require(request);
                return vault.AddPrivateEndpoint(request.Name);
            },
            _ => [new("name", request.Name)]
        );
        return Vault.Settings.PrivateEndpoints;
    }

    public async Task<IReadOnlyList<string>> RemovePrivateEndpointAsync(ChangePrivateEndpoint request)
    {
        await ChangeAsync(
            request.OperationId,
            "RemovePrivateEndpoint",
            vault =>
            {
                VaultRecord.Require(request);
                return vault.RemovePrivateEndpoint(request.Name);
            },
            _ => [new("name", request.Name)]
        );
        return Vault.Settings.PrivateEndpoints;
    }

    private static KeyValuePair<string, string>[] DetailsOf(ChangeIdentity request, VaultRecord vault)
    {
        var ids = vault.Settings.UserIdentities.Where(i => request.UserAssigned.Any(i.Is)).Select(i => i.Id).ToList();
        List<KeyValuePair<string, string>> details = [];
        if (request.SystemAssigned)
            details.AddRange([new("type", IdentityTypes.SystemAssigned), new("principalId", vault.Settings.SystemPrincipalId ?? "")]);
        if (ids.Count > 0)
            details.Add(new("userAssigned", string.Join(' ', ids)));
        return [.. details];
    }

    /// <summary>
    /// Changes the record; the log entry is owed in the same write. An operation made before changes nothing, and of a refused one nothing
    /// but its log entry is left.
    /// </summary>
    private async Task ChangeAsync(
        Guid operationId,
        string operation,
        Func<VaultRecord, VaultRecord> change,
        Func<VaultRecord, KeyValuePair<string, string>[]> details
    ) =>
        await LogRefusalAsync(
            operation,
            operationId,
            async () =>
            {
                await ChangeNowAsync(operationId, operation, change, details);
                return true;
            }
        );

    private async Task ChangeNowAsync(
        Guid operationId,
        string operation,
        Func<VaultRecord, VaultRecord> change,
        Func<VaultRecord, KeyValuePair<string, string>[]> details
    )
    {
        await SettleAsync();
        OwedNote? note = null;
        await UpdateAsync(current =>
        {
            if (current?.JobOf(operationId) is not null)
                return current;
            var vault = Vault;
            var next = change(vault);
            if (ReferenceEquals(next, vault))
                return vault;
            note = NoteOf(operation, operationId, details(next));
            return next.Remember(operationId, operationId).Owe(note);
        });
        await SettleAsync(note);
    }

    /// <summary>
    /// Changes the record; a change of settings is first written as a descriptor, which the record's conditional write then names.
    /// </summary>
    private Task<VaultRecord> UpdateAsync(Func<VaultRecord?, VaultRecord> change) =>
        _cell.UpdateAsync(async current =>
        {
            var next = change(current);
            if (ReferenceEquals(next, current))
                return next;
            if (next.Settings == current?.Settings)
                return Vouched(next);
            var seq = next.Descriptor is { } last ? AuthenticatedRecords.SequenceOf(last.Name) + 1 : 1;
            return await DescribeAsync(next, current, seq);
        });

    /// <summary>The record with its settings written as a descriptor, which the notes of this change remember.</summary>
    private async Task<VaultRecord> DescribeAsync(VaultRecord next, VaultRecord? before, long seq)
    {
        var log = await Journal.FindMarkAsync(VaultId);
        var descriptor = await _parts.Descriptors.WriteAsync(next.ToDescriptor(seq, log));
        return Vouched((next with { Descriptor = descriptor }).StampNotes(before));
    }
}
