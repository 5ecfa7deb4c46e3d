using RecoveryVault.Clocks;
using RecoveryVault.Identities;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Names;
using RecoveryVault.Records;
using RecoveryVault.Reports;
using RecoveryVault.Retention;
using RecoveryVault.Storage;

namespace RecoveryVault.Vaults;

/// <summary>What every vault grain of a silo works with.</summary>
public sealed class VaultParts(
    IBlobStore store,
    Journal journal,
    KeyVaultConnector keyVaults,
    KeyCensus census,
    PolicyUses policyUses,
    Descriptors descriptors,
    PlatformKeyring keyring,
    IdentityDirectory identities,
    ClockReader clocks,
    ReportSigner reports,
    ShredProofs proofs,
    RecordRenewal renewal,
    NoteSeals notes,
    TimeProvider time
)
{
    public TimeProvider Time { get; } = time;

    public NoteSeals Notes { get; } = notes;

    public ReportSigner Reports { get; } = reports;

    public ClockReader Clocks { get; } = clocks;

    public ShredProofs Proofs { get; } = proofs;

    public Journal Journal { get; } = journal;

    public KeyVaultConnector KeyVaults { get; } = keyVaults;

    public IdentityDirectory Identities { get; } = identities;

    public KeyCensus Census { get; } = census;

    public PolicyUses PolicyUses { get; } = policyUses;

    public Descriptors Descriptors { get; } = descriptors;

    public RecordRenewal Renewal { get; } = renewal;

    /// <summary>The platform key in force now.</summary>
    public uint PlatformKeyId => keyring.CurrentId;

    /// <summary>The embedded installation is a tenant of its own, named by its store.</summary>
    public string TenantId { get; } = keyring.StoreId;

    public NameRegister VaultNames { get; } = new(store, "names/vaults");

    public NameRegister ItemNames(VaultId vaultId) => new(store, $"names/items/{vaultId}");
}
