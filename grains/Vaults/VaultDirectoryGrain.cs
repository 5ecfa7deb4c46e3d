using Orleans.Concurrency;
using RecoveryVault.Errors;
using RecoveryVault.Names;
using RecoveryVault.Reports;
using RecoveryVault.Storage;

namespace RecoveryVault.Vaults;

/// <summary>Finds and creates vaults by name. Holds nothing, so every silo has its own.</summary>
[StatelessWorker, GrainType("vault-directory")]
public sealed class VaultDirectoryGrain(IBlobStore store, ReportSigner reports, ShredProofs proofs) : Grain, IVaultDirectoryGrain
{
    private readonly NameRegister _names = new(store, "names/vaults");

    /// <summary>
    /// Takes the name, then makes the record. A name whose vault was never made (a crash between the two) is completed by the next try.
    /// </summary>
    public async Task<VaultSummary> CreateVaultAsync(CreateVault request)
    {
        VaultRecord.Require(request);
        while (true)
        {
            var claim = await _names.ClaimAsync(request.Name, VaultId.Create().ToString());
            if (await GrainFactory.GetGrain<IVaultCreation>(claim.Id).CreateAsync(request) is { } created)
                return created;
            // The vault that bears the name was deleted, and its process died before it could free the name.
            await _names.FreeAsync(claim.Name, claim.Id);
        }
    }

    public async Task<VaultId> FindVaultAsync(string name)
    {
        if (
            await _names.FindAsync(VaultName.Require(name)) is not { } claim
            || await GrainFactory.GetGrain<IVaultCreation>(claim.Id).FindAsync() is not { } vault
        )
            throw new VaultException(ErrorCodes.VaultNotFound, $"There is no vault '{name}'.");
        // The register is not authenticated, the vault's settings are.
        return string.Equals(vault.Name, name, StringComparison.OrdinalIgnoreCase)
            ? vault.VaultId
            : throw new VaultException(ErrorCodes.RecordTampered, $"The name '{name}' leads to a vault that is called '{vault.Name}'.");
    }

    /// <summary>A name without a vault (not made yet, or deleted a moment ago) is left out; a vault that cannot be read is not.</summary>
    public async Task<Page<VaultListing>> ListVaultsAsync(PageRequest page)
    {
        var claims = await _names.ListAsync(page);
        List<VaultListing> vaults = [];
        foreach (var (name, id) in claims.Items)
        {
            if (await IsThereAsync(id))
                vaults.Add(new VaultListing(name, VaultId.Parse(id)));
        }
        return new Page<VaultListing>(vaults, claims.Next);
    }

    public Task<IReadOnlyList<ReportKey>> ListReportKeysAsync() => Task.FromResult(reports.ListKeys());

    public async Task<Page<ShredSummary>> ListShredsAsync(PageRequest page)
    {
        var ids = (await proofs.ListAsync()).Select(id => id.ToString()).Where(id => string.CompareOrdinal(id, page.After) > 0);
        var shown = ids.Take(Math.Clamp(page.Count, 1, PageRequest.MaxCount)).ToList();
        List<ShredSummary> shreds = [];
        foreach (var id in shown)
            shreds.Add((await proofs.FindAsync(VaultId.Parse(id))).Summary);
        return new Page<ShredSummary>(shreds, shown.Count == Math.Clamp(page.Count, 1, PageRequest.MaxCount) ? shown[^1] : null);
    }

    public async Task<ShredSummary> GetShredAsync(VaultId vaultId) => (await proofs.FindAsync(vaultId)).Summary;

    public async Task<Page<ShreddedItem>> ListShreddedItemsAsync(VaultId vaultId, PageRequest page)
    {
        var items = (await proofs.FindAsync(vaultId)).Items.Where(i => string.CompareOrdinal(i.ItemId, page.After) > 0);
        var shown = items.OrderBy(i => i.ItemId, StringComparer.Ordinal).Take(Math.Clamp(page.Count, 1, MaxShown)).ToList();
        return new Page<ShreddedItem>(shown, shown.Count == Math.Clamp(page.Count, 1, MaxShown) ? shown[^1].ItemId : null);
    }

    /// <summary>An item has up to 64 commitments: so many fit into a message.</summary>
    private const int MaxShown = 40;

    private async Task<bool> IsThereAsync(string id)
    {
        try
        {
            return await GrainFactory.GetGrain<IVaultCreation>(id).FindAsync() is not null;
        }
        catch (VaultException)
        {
            return true;
        }
    }
}
