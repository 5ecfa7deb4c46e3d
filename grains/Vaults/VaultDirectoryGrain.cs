using Orleans.Concurrency;
using RecoveryVault.Errors;
using RecoveryVault.Names;
using RecoveryVault.Storage;

namespace RecoveryVault.Vaults;

/// <summary>Finds and creates vaults by name. Holds nothing, so every silo has its own.</summary>
[StatelessWorker, GrainType("vault-directory")]
public sealed class VaultDirectoryGrain(IBlobStore store) : Grain, IVaultDirectoryGrain
{
    private readonly NameRegister _names = new(store, "names/vaults");

    /// <summary>
    /// Takes the name, then makes the record. A name whose vault was never made (a crash between the two) is completed by the next try.
    /// </summary>
    public async Task<VaultSummary> CreateVaultAsync(CreateVault request)
    {
        VaultName.Require(request.Name);
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
            await _names.FindAsync(VaultName.Require(name)) is { } claim
            && await GrainFactory.GetGrain<IVaultCreation>(claim.Id).FindAsync() is { } vault
        )
            return vault.VaultId;
        throw new VaultException(ErrorCodes.VaultNotFound, $"There is no vault '{name}'.");
    }

    public async Task<Page<VaultListing>> ListVaultsAsync(PageRequest page)
    {
        var claims = await _names.ListAsync(page);
        return new Page<VaultListing>([.. claims.Items.Select(c => new VaultListing(c.Name, VaultId.Parse(c.Id)))], claims.Next);
    }
}
