using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Embedded;

/// <summary>A store directory this process works on, alone or as one silo of a cluster, and the keys that belong to it.</summary>
public sealed class EmbeddedStore : IDisposable
{
    private readonly LockedStore _locked;

    private EmbeddedStore(LockedStore locked, StoreManifest manifest, string keysPath, IBlobStore keys, PlatformKeyring keyring) =>
        (_locked, Manifest, KeysPath, Keys, Keyring) = (locked, manifest, keysPath, keys, keyring);

    public StoreManifest Manifest { get; }

    public IBlobStore Blobs => _locked.Blobs;

    public string KeysPath { get; }

    public IBlobStore Keys { get; }

    public PlatformKeyring Keyring { get; }

    /// <summary>What a silo works with.</summary>
    public StoreParts Parts => new(Manifest, Blobs, Keys, Keyring);

    /// <summary>Opens a store with its keys; makes both when asked to and the place is empty.</summary>
    /// <exception cref="VaultException">
    /// StoreNotFound, NotAStore, StoreTooNew, StoreInUse, KeysNotFound, KeysInsideStore, WrongPlatformKey, StoreAccessDenied.
    /// </exception>
    public static async Task<EmbeddedStore> OpenAsync(
        EmbeddedStoreOptions options,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        if (options.Create && !File.Exists(Path.Combine(options.StorePath, StoreManifest.BlobName)))
            StorePlace.RequireNewKeys(options);
        var locked = await LockedStore.OpenAsync(options, time, cancellation);
        try
        {
            if (locked.Manifest is not { } manifest)
                return await CreateAsync(options, locked, time, cancellation);
            var place = StorePlace.RequireKeys(options, manifest.StoreId, create: false);
            var keys = new FileBlobStore(place, time, new FileBlobStoreOptions { CreateIfMissing = true });
            return new EmbeddedStore(locked, manifest, place, keys, await manifest.OpenKeyringAsync(keys, place, cancellation));
        }
        catch
        {
            locked.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Brings back the keys of a store whose keys directory is missing; the platform keyring in the kit must be the store's own.
    /// </summary>
    /// <exception cref="VaultException">StoreNotFound, NotAStore, the recovery kit's codes, KeysExist, WrongPlatformKey.</exception>
    public static async Task<(int Count, string StoreId, string Place)> RestoreKeysAsync(
        EmbeddedStoreOptions options,
        Stream kit,
        ReadOnlyMemory<char> passphrase,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        using var locked = await LockedStore.OpenAsync(options with { Create = false }, time, cancellation);
        var manifest = locked.Manifest ?? throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {options.StorePath}.");
        var place = StorePlace.RequireKeys(options, manifest.StoreId, create: true);
        try
        {
            var keys = new FileBlobStore(place, time, new FileBlobStoreOptions { CreateIfMissing = true });
            var before = await NamesAsync(keys, cancellation);
            var count = await RecoveryKit.ImportAsync(keys, manifest.StoreId, kit, passphrase, cancellation);
            await RequireOwnKeysAsync(manifest, keys, place, before, cancellation);
            return (count, manifest.StoreId, place);
        }
        catch
        {
            StorePlace.RemoveIfUnused(place);
            throw;
        }
    }

    /// <summary>A kit that does not open the store, one from before a rotation say, must not stand in the way of one that does.</summary>
    private static async Task RequireOwnKeysAsync(
        StoreManifest manifest,
        FileBlobStore keys,
        string place,
        HashSet<string> before,
        CancellationToken cancellation
    )
    {
        try
        {
            (await manifest.OpenKeyringAsync(keys, place, cancellation)).Dispose();
        }
        catch (VaultException)
        {
            foreach (var name in (await NamesAsync(keys, cancellation)).Except(before))
                await keys.DeleteAsync(name, cancellation: cancellation);
            throw;
        }
    }

    private static async Task<HashSet<string>> NamesAsync(FileBlobStore keys, CancellationToken cancellation)
    {
        HashSet<string> names = [];
        await foreach (var blob in keys.ListAllAsync("", cancellation))
            names.Add(blob.Name);
        return names;
    }

    private static async Task<EmbeddedStore> CreateAsync(
        EmbeddedStoreOptions options,
        LockedStore locked,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var storeId = Guid.NewGuid().ToString();
        var place = StorePlace.RequireKeys(options, storeId, create: true);
        var keys = new FileBlobStore(place, time, new FileBlobStoreOptions { CreateIfMissing = true });
        var (manifest, keyring) = await StoreManifest.CreateAsync(locked.Blobs, storeId, options.ServiceId, keys, time, cancellation);
        return new EmbeddedStore(locked, manifest, place, keys, keyring);
    }

    /// <summary>Tells others that this process serves the store there; nulls: no longer.</summary>
    public void Announce(string? gateway, string? dataPlane) => _locked.Announce(gateway, dataPlane);

    public void Dispose()
    {
        Keyring.Dispose();
        _locked.Dispose();
    }
}
