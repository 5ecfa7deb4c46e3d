using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Names;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private const string ProtectOperation = "ProtectItem";

    /// <summary>The attempt is durable before anything else is done for it (R11); the same operation again has the same job.</summary>
    public async Task<ProtectionTicket> AttemptProtectionAsync(AttemptProtection request)
    {
        var refusal = Workloads.RefusalOf(request.Workload, Vault.Settings.Encryption.IsCustomerManaged);
        await LogRefusalAsync(
            ProtectOperation,
            request.OperationId,
            () =>
            {
                ItemName.Require(request.ItemName);
                // With platform-managed keys it is an attempt like any other that fails, and settles the vault's kind of key.
                return refusal is null || !Vault.Settings.Encryption.IsCustomerManaged ? Task.FromResult(true) : throw refusal;
            }
        );
        var newJobId = Journal.NewJobId();
        await UpdateAsync(_ =>
            Vault.JobOf(request.OperationId) is null
                ? Vault.Attempt(request.OperationId, Journal.Now).Remember(request.OperationId, newJobId)
                : Vault
        );
        var jobId = Vault.JobOf(request.OperationId) ?? newJobId;
        await Journal.StartAsync(VaultId, jobId, JobOperations.ConfigureBackup, request.ItemName);
        return await Journal.FailOnRefusalAsync(
            VaultId,
            jobId,
            ProtectOperation,
            async () =>
            {
                if (refusal is not null)
                    throw refusal;
                var known = await _parts.ItemNames(VaultId).FindAsync(request.ItemName);
                if (known is not null)
                    await RequireStoppedAsync(ItemId.Parse(known.Id), known.Name);
                return new ProtectionTicket(known is null ? ItemId.Create() : ItemId.Parse(known.Id), jobId);
            }
        );
    }

    public async Task CompleteProtectionAsync(CompleteProtection request)
    {
        var job = await RequireAttemptAsync(request.Ticket, request.ItemName);
        if (job.End is { Status: JobStatus.Completed })
            return;
        await Journal.FailOnRefusalAsync(
            VaultId,
            request.Ticket.JobId,
            ProtectOperation,
            async () =>
            {
                request.Source.RequireBounded();
                await EnrolAsync(request);
                return true;
            }
        );
    }

    /// <summary>
    /// The roster first, because a rotation must pass through the item from the moment it has keys; then the item's own record.
    /// </summary>
    private async Task EnrolAsync(CompleteProtection request)
    {
        var claim = await ClaimItemAsync(request.ItemName, request.Ticket.ItemId);
        var itemId = ItemId.Parse(claim.Id);
        await UpdateAsync(_ => Vault.Enrol(itemId));
        var item = GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, itemId).ToString());
        await item.ProtectAsync(await GetKeyContextAsync(), claim.Name, request.Source, request.Ticket.JobId);
        // It stands. The job's tasks are known here; that it has ended, and the log's entry, the item owes.
        await Journal.BestEffortAsync(() =>
            Journal.CloseAsync(
                VaultId,
                request.Ticket.JobId,
                JobEnd.Completed(
                    Journal.Now,
                    new("itemName", claim.Name),
                    new("source", request.Source.Path),
                    new("host", request.Source.Host)
                )
            )
        );
        await Journal.BestEffortAsync(() => item.SettleAsync(request.Ticket.JobId));
    }

    /// <summary>The name's item: the ticket's, or whoever came first and is stopped. No second name leads to an item.</summary>
    private async Task<NameClaim> ClaimItemAsync(string name, ItemId wanted)
    {
        var names = _parts.ItemNames(VaultId);
        if (await names.FindAsync(name) is null && Vault.Roster.Contains(wanted))
            throw new VaultException(ErrorCodes.InvalidRequest, $"The ticket for '{name}' names an item of another name.");
        var claim = await names.ClaimAsync(name, wanted.ToString());
        if (claim.Id != wanted.ToString())
            await RequireStoppedAsync(ItemId.Parse(claim.Id), claim.Name);
        return claim;
    }

    public async Task FailProtectionAsync(FailProtection request)
    {
        if ((await RequireAttemptAsync(request.Ticket, request.ItemName)).End is not null)
            return;
        var fix = ErrorTable.Find(request.ErrorCode)?.Fix ?? "";
        await Journal.EndAsync(
            VaultId,
            request.Ticket.JobId,
            ProtectOperation,
            JobEnd.Failed(Journal.Now, new JobError(request.ErrorCode, request.Message, fix))
        );
    }

    /// <summary>A ticket comes from the client: it must name an attempt of this vault for this very item, and no other job.</summary>
    private async Task<JobRecord> RequireAttemptAsync(ProtectionTicket ticket, string itemName)
    {
        ItemName.Require(itemName);
        var job = Vault.Settings.FirstAttempt is null ? null : await Journal.FindAsync(VaultId, ticket.JobId);
        return
            job is { Start.Operation: JobOperations.ConfigureBackup }
            && string.Equals(job.Start.ItemName, itemName, StringComparison.OrdinalIgnoreCase)
            ? job
            : throw new VaultException(ErrorCodes.InvalidRequest, $"The ticket names no attempt to protect '{itemName}' in this vault.");
    }

    public async Task<ItemId> FindItemAsync(string name)
    {
        if (
            await _parts.ItemNames(VaultId).FindAsync(ItemName.Require(name)) is not { } claim
            || !Vault.Roster.Contains(ItemId.Parse(claim.Id))
        )
            throw new VaultException(ErrorCodes.ItemNotFound, $"Vault '{Vault.Settings.Name}' has no item '{name}'.");
        var itemId = ItemId.Parse(claim.Id);
        var known = await GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, itemId).ToString()).GetNameAsync();
        // The register is not authenticated, the item's settings are.
        return known is null || string.Equals(known, name, StringComparison.OrdinalIgnoreCase)
            ? itemId
            : throw new VaultException(ErrorCodes.RecordTampered, $"The name '{name}' leads to an item that is called '{known}'.");
    }

    public async Task<Page<ItemListing>> ListItemsAsync(PageRequest page)
    {
        var roster = Vault.Roster.ToHashSet();
        var claims = await _parts.ItemNames(VaultId).ListAsync(page);
        var items = claims.Items.Select(c => new ItemListing(c.Name, ItemId.Parse(c.Id))).Where(i => roster.Contains(i.ItemId));
        return new Page<ItemListing>([.. items], claims.Next);
    }

    public async Task SettleItemAsync(string itemName)
    {
        if (await _parts.ItemNames(VaultId).FindAsync(itemName) is { } claim)
            await GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, ItemId.Parse(claim.Id)).ToString()).SettleAsync(Guid.Empty);
    }

    private async Task RequireStoppedAsync(ItemId itemId, string name)
    {
        if (
            Vault.Roster.Contains(itemId)
            && await GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, itemId).ToString()).IsProtectedAsync()
        )
            throw new VaultException(ErrorCodes.ItemAlreadyProtected, $"Vault '{Vault.Settings.Name}' protects an item '{name}' already.");
    }
}
