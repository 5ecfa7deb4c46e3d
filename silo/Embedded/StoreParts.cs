using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Embedded;

/// <summary>What a silo works with, wherever it lies.</summary>
/// <param name="Manifest">Which store it is.</param>
/// <param name="Blobs">Everything durable.</param>
/// <param name="Keys">Local key vaults and identities.</param>
/// <param name="Keyring">The platform keys, which fit the store.</param>
public sealed record StoreParts(StoreManifest Manifest, IBlobStore Blobs, IBlobStore Keys, PlatformKeyring Keyring);
