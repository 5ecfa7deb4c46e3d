namespace RecoveryVault.Tests.Tampering;

/// <summary>What lies in a store, by how it is protected.</summary>
internal enum StoredKind
{
    Pack,
    IndexRun,
    Manifest,
    Ring,
    Descriptor,
    Head,
    Tombstone,
    LogEntry,
    LogCheckpoint,
    ItemRecord,
    VaultRecord,
    VaultName,
    ItemName,
    Job,
    DamagedMark,
    Clock,
    Other,
}

internal static class StoredKinds
{
    private static readonly (string Prefix, StoredKind Kind)[] Prefixes =
    [
        ("packs/", StoredKind.Pack),
        ("index/", StoredKind.IndexRun),
        ("manifests/", StoredKind.Manifest),
        ("rings/", StoredKind.Ring),
        ("descriptors/", StoredKind.Descriptor),
        ("heads/", StoredKind.Head),
        ("tombstones/", StoredKind.Tombstone),
        ("log/", StoredKind.LogEntry),
        ("checkpoints/", StoredKind.LogCheckpoint),
        ("grainstate/record-item/", StoredKind.ItemRecord),
        ("grainstate/record-vault/", StoredKind.VaultRecord),
        ("names/vaults/", StoredKind.VaultName),
        ("names/items/", StoredKind.ItemName),
        ("jobs/", StoredKind.Job),
        ("damaged/", StoredKind.DamagedMark),
        ("clock", StoredKind.Clock),
    ];

    public static StoredKind Of(string name) =>
        Prefixes.FirstOrDefault(p => name.StartsWith(p.Prefix, StringComparison.Ordinal)) is { Prefix: not null } known
            ? known.Kind
            : StoredKind.Other;

    /// <summary>Sealed under the item's data key, with a checksum anyone can compute.</summary>
    public static bool IsSealed(this StoredKind kind) => kind is StoredKind.Pack or StoredKind.IndexRun or StoredKind.Manifest;

    /// <summary>Clear, under a MAC of the platform keyring, with a checksum anyone can compute.</summary>
    public static bool IsRecord(this StoredKind kind) => kind is >= StoredKind.Ring and <= StoredKind.LogCheckpoint;

    /// <summary>Clear JSON that nothing protects by itself.</summary>
    public static bool IsBare(this StoredKind kind) => kind is >= StoredKind.ItemRecord and <= StoredKind.Job;
}
