using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;

namespace RecoveryVault.Vaults;

public sealed partial class VaultGrain
{
    private const string ProtectOperation = "ProtectItem";

    public async Task<ProtectionTicket> AttemptProtectionAsync(AttemptProtection request)
    {
        ItemName.Require(request.ItemName);
        await UpdateAsync(_ => Vault.Attempt(request.OperationId, Journal.Now));
        var jobId = await Journal.StartAsync(VaultId, JobOperations.ConfigureBackup, request.ItemName);
        return await Journal.FailOnRefusalAsync(
            VaultId,
            jobId,
            ProtectOperation,
            async () =>
            {
                var known = await _parts.ItemNames(VaultId).FindAsync(request.ItemName);
                if (known is not null)
                    await RequireStoppedAsync(ItemId.Parse(known.Id), known.Name);
                return new ProtectionTicket(known is null ? ItemId.Create() : ItemId.Parse(known.Id), jobId);
            }
        );
    }

    /// <summary>
    /// The roster first, because a rotation must pass through the item from the moment it has keys; then the item's own record.
    /// </summary>
    public Task CompleteProtectionAsync(CompleteProtection request) =>
        Journal.FailOnRefusalAsync(
            VaultId,
            request.Ticket.JobId,
            ProtectOperation,
            async () =>
            {
                ItemName.Require(request.ItemName);
                var claim = await _parts.ItemNames(VaultId).ClaimAsync(request.ItemName, request.Ticket.ItemId.ToString());
                if (claim.Id != request.Ticket.ItemId.ToString())
                    await RequireStoppedAsync(ItemId.Parse(claim.Id), claim.Name);
                var itemId = ItemId.Parse(claim.Id);
                await UpdateAsync(_ => Vault.Enrol(itemId));
                var item = GrainFactory.GetGrain<IItemKeys>(new ItemKey(VaultId, itemId).ToString());
                await item.ProtectAsync(await GetKeyContextAsync(), claim.Name, request.Source);
                await Journal.EndAsync(
                    VaultId,
                    request.Ticket.JobId,
                    ProtectOperation,
                    JobEnd.Completed(
                        Journal.Now,
                        new("itemName", claim.Name),
                        new("source", request.Source.Path),
                        new("host", request.Source.Host)
                    )
                );
                return true;
            }
        );

    public Task FailProtectionAsync(FailProtection request)
    {
        var fix = ErrorTable.Find(request.ErrorCode)?.Fix ?? "";
        return Journal.EndAsync(
            VaultId,
            request.Ticket.JobId,
            ProtectOperation,
            JobEnd.Failed(Journal.Now, new JobError(request.ErrorCode, request.Message, fix))
        );
    }

    public async Task<ItemId> FindItemAsync(string name) =>
        await _parts.ItemNames(VaultId).FindAsync(ItemName.Require(name)) is { } claim && Vault.Roster.Contains(ItemId.Parse(claim.Id))
            ? ItemId.Parse(claim.Id)
            : throw new VaultException(ErrorCodes.ItemNotFound, $"Vault '{Vault.Settings.Name}' has no item '{name}'.");

    public async Task<Page<ItemListing>> ListItemsAsync(PageRequest page)
    {
        var roster = Vault.Roster.ToHashSet();
        var claims = await _parts.ItemNames(VaultId).ListAsync(page);
        var items = claims.Items.Select(c => new ItemListing(c.Name, ItemId.Parse(c.Id))).Where(i => roster.Contains(i.ItemId));
        return new Page<ItemListing>([.. items], claims.Next);
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
