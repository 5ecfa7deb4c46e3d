using RecoveryVault.Access;
using RecoveryVault.Reports;

namespace RecoveryVault.Vaults;

/// <summary>Names of vaults: the only place where a name leads to a vault's identity. Key 0.</summary>
[Alias("rv.IVaultDirectoryGrain")]
public interface IVaultDirectoryGrain : IGrainWithIntegerKey
{
    /// <summary>Creates a vault encrypted with platform-managed keys. The same operation id again returns the same vault.</summary>
    /// <exception cref="Errors.VaultException">InvalidName, VaultAlreadyExists.</exception>
    [Alias("CreateVault"), Requires(VaultRole.BackupContributor, AccessScope.Store)]
    Task<VaultSummary> CreateVaultAsync(CreateVault request);

    /// <summary>The identity of the vault that bears this name now.</summary>
    /// <exception cref="Errors.VaultException">VaultNotFound.</exception>
    [Alias("FindVault"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<VaultId> FindVaultAsync(string name);

    /// <summary>All vaults in order of their names.</summary>
    [Alias("ListVaults"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<Page<VaultListing>> ListVaultsAsync(PageRequest page);

    /// <summary>The public keys that check this store's signed reports, the one that signs now first.</summary>
    [Alias("ListReportKeys"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<IReadOnlyList<ReportKey>> ListReportKeysAsync();

    /// <summary>What is left of the vaults that were destroyed with everything in them.</summary>
    [Alias("ListShreds"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<Page<ShredSummary>> ListShredsAsync(PageRequest page);

    /// <summary>What is left of one of them; the record is authentic.</summary>
    /// <exception cref="Errors.VaultException">VaultNotFound, RecordTampered.</exception>
    [Alias("GetShred"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<ShredSummary> GetShredAsync(VaultId vaultId);

    /// <summary>What was destroyed of its items.</summary>
    /// <exception cref="Errors.VaultException">VaultNotFound, RecordTampered.</exception>
    [Alias("ListShreddedItems"), Requires(VaultRole.BackupReader, AccessScope.Store)]
    Task<Page<ShreddedItem>> ListShreddedItemsAsync(VaultId vaultId, PageRequest page);
}

/// <summary>A new vault's settings.</summary>
[GenerateSerializer, Immutable, Alias("rv.CreateVault")]
public sealed record CreateVault
{
    /// <summary>Chosen by the caller, so that a repeated request is recognised.</summary>
    [Id(0)]
    public required Guid OperationId { get; init; }

    /// <summary>See <see cref="VaultName"/>.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The region, such as "westeurope"; a key vault for this vault must be in the same.</summary>
    [Id(2)]
    public required string Location { get; init; }

    /// <summary>The resource group; free text, empty when unused.</summary>
    [Id(3)]
    public string ResourceGroup { get; init; } = "";

    /// <summary>The subscription; free text, empty when unused.</summary>
    [Id(4)]
    public string SubscriptionId { get; init; } = "";

    /// <summary>At most 15 tags.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>A vault in a list: its name and identity.</summary>
[GenerateSerializer, Immutable, Alias("rv.VaultListing")]
public sealed record VaultListing([property: Id(0)] string Name, [property: Id(1)] VaultId VaultId);
