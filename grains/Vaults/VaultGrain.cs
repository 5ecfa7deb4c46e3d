using Orleans.Placement;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Records;

namespace RecoveryVault.Vaults;

/// <summary>Hosts one <see cref="VaultRecord"/>: reads it, asks it, persists the answer, acts.</summary>
[GrainType(GrainRecords.VaultType), Immovable]
public sealed partial class VaultGrain : Grain, IVaultGrain, IVaultKeys, IVaultCreation, IIncomingGrainCallFilter, IDisposable
{
    private readonly RecordCell<VaultRecord> _cell;
    private readonly VaultParts _parts;

    public VaultGrain(
        [PersistentState(GrainRecords.StateName, GrainRecords.Provider)] IPersistentState<VaultRecord> state,
        VaultParts parts
    )
    {
        _cell = new RecordCell<VaultRecord>(state);
        _parts = parts;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (_cell.Current is { Settings.Deleted: false, MustBeWatched: true })
            await EnsureRotationAsync();
        await base.OnActivateAsync(cancellationToken);
    }

    public void Dispose() => _cell.Dispose();

    private VaultId VaultId => VaultId.Parse(this.GetPrimaryKeyString());

    private Journal Journal => _parts.Journal;

    private VaultRecord Vault =>
        _cell.Current is { Settings.Deleted: false } record
            ? record
            : throw new VaultException(ErrorCodes.VaultNotFound, $"There is no vault {VaultId}: it was deleted or never created.");

    public async Task<VaultSummary?> CreateAsync(CreateVault request)
    {
        if (_cell.Current is { Settings.Deleted: true })
            return null;
        if (_cell.Current?.JobOf(request.OperationId) is not null)
            return Vault.ToSummary();
        if (_cell.Current is not null)
            throw new VaultException(ErrorCodes.VaultAlreadyExists, $"There is a vault '{request.Name}' already.");
        var created = VaultRecord
            .Create(VaultId, request, _parts.TenantId, KeyVersions.Platform(_parts.PlatformKeyId), Journal.Now)
            .Remember(request.OperationId, request.OperationId);
        await UpdateAsync(current => current ?? created);
        await Journal.LogAsync(VaultId, "CreateVault", request.OperationId, new("name", request.Name), new("location", request.Location));
        return Vault.ToSummary();
    }

    public Task<VaultSummary?> FindAsync() =>
        Task.FromResult(_cell.Current is { Settings.Deleted: false } record ? record.ToSummary() : null);

    public Task<VaultSummary> GetAsync() => Task.FromResult(Vault.ToSummary());

    public async Task DeleteAsync(DeleteVault request)
    {
        var name = Vault.Settings.Name;
        await UpdateAsync(current => current is { Settings.Deleted: true } ? current : Vault.Delete());
        await Journal.LogAsync(VaultId, "DeleteVault", request.OperationId, new("name", name), new("reason", request.Reason));
        await _parts.VaultNames.FreeAsync(name, VaultId.ToString());
    }

    public async Task<VaultSummary> MoveAsync(MoveVault request)
    {
        await UpdateAsync(_ => Vault.Move(request));
        await Journal.LogAsync(
            VaultId,
            "MoveVault",
            request.OperationId,
            new("resourceGroup", Vault.Settings.ResourceGroup),
            new("subscription", Vault.Settings.SubscriptionId)
        );
        return Vault.ToSummary();
    }

    public async Task<VaultIdentity> AssignIdentityAsync(ChangeIdentity request)
    {
        var before = Vault.Settings.SystemPrincipalId;
        var principal = Guid.NewGuid().ToString();
        await UpdateAsync(_ => Vault.AssignSystemIdentity(principal));
        if (before is null)
            await Journal.LogAsync(
                VaultId,
                "AssignIdentity",
                request.OperationId,
                new("type", IdentityTypes.SystemAssigned),
                new("principalId", principal)
            );
        return Vault.ToIdentity();
    }

    public async Task<VaultIdentity> RemoveIdentityAsync(ChangeIdentity request)
    {
        var before = Vault.Settings.SystemPrincipalId;
        await UpdateAsync(_ => Vault.RemoveSystemIdentity());
        if (before is not null)
            await Journal.LogAsync(
                VaultId,
                "RemoveIdentity",
                request.OperationId,
                new("type", IdentityTypes.SystemAssigned),
                new("principalId", before)
            );
        return Vault.ToIdentity();
    }

    /// <summary>
    /// Changes the record; a change of settings is first written as a descriptor, which the record's conditional write then names.
    /// </summary>
    private Task<VaultRecord> UpdateAsync(Func<VaultRecord?, VaultRecord> change) =>
        _cell.UpdateAsync(async current =>
        {
            var next = change(current);
            if (ReferenceEquals(next, current) || next.Settings == current?.Settings)
                return next;
            var seq = next.Descriptor is { } last ? AuthenticatedRecords.SequenceOf(last.Name) + 1 : 1;
            return next with { Descriptor = await _parts.Descriptors.WriteAsync(VaultId, seq, next.Settings) };
        });
}
