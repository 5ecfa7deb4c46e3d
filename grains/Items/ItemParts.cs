using RecoveryVault.Clocks;
using RecoveryVault.DataPath;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Reclaim;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Items;

/// <summary>What every item grain of a silo works with.</summary>
public sealed record ItemParts(
    IBlobStore Store,
    Journal Journal,
    KeyRings Rings,
    KeyVaultConnector KeyVaults,
    Descriptors Descriptors,
    NoteSeals Notes,
    ItemProof Proof,
    RecoveryPoints RecoveryPoints,
    Tombstones Tombstones,
    ClockReader Clocks,
    SessionRegister Sessions,
    SealGate Gate,
    SiloLiveness Liveness,
    DekCache Deks,
    ReclaimParts Reclaim,
    RecordRenewal Renewal,
    TimeProvider Time
);
