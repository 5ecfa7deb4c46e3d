using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;

namespace RecoveryVault.Embedded;

/// <summary>Looks at the directories before anything is made or locked in them.</summary>
public static class StorePlace
{
    /// <summary>The store's directory: there and a store, or empty (or missing) and to be made. Anything else is left as it is.</summary>
    public static void Require(string path, bool create)
    {
        try
        {
            if (File.Exists(path))
                throw new VaultException(ErrorCodes.NotAStore, $"{path} is a file, not a store directory.");
            var entries = Names(path);
            if (entries.Contains(StoreManifest.BlobName))
            {
                RequireManifest(path, entries);
                return;
            }
            // Hidden names count as well: a home directory may hold nothing else.
            entries.Remove(FileBlobStore.ReservedName);
            if (entries.Count > 0)
                throw new VaultException(
                    ErrorCodes.NotAStore,
                    $"{path} holds {entries.Count} entries and no {StoreManifest.BlobName}: it is not a store."
                );
            if (!create)
                throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {path}.");
            PrivateFiles.CreateDirectory(path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new VaultException(ErrorCodes.StoreAccessDenied, $"{path}: {e.Message}");
        }
    }

    /// <summary>Looks at where a new store's keys would go before the store is made.</summary>
    public static void RequireNewKeys(EmbeddedStoreOptions options)
    {
        var path = options.KeysPath is { } given ? Path.GetFullPath(given) : DefaultKeys(options);
        RequireApart(path, options.StorePath);
        if (options.KeysPath is null)
            return;
        var entries = Names(path);
        entries.Remove(FileBlobStore.ReservedName);
        if (entries.Contains(PlatformKeyring.BlobName))
            throw new VaultException(
                ErrorCodes.WrongPlatformKey,
                $"{path} holds the keys of another store already.",
                "Name another directory with --keys."
            );
        if (entries.Count > 0)
            throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"{path} holds {entries.Count} entries that are no keys of a store.",
                "Name a new or empty directory with --keys."
            );
    }

    /// <summary>The keys' directory: never inside the store it opens, nor around it.</summary>
    public static string RequireKeys(EmbeddedStoreOptions options, string storeId, bool create)
    {
        var path = Path.GetFullPath(options.KeysPath ?? Path.Combine(DefaultKeys(options), storeId));
        RequireApart(path, options.StorePath);
        if (!create && !File.Exists(Path.Combine(path, PlatformKeyring.BlobName)))
            throw new VaultException(ErrorCodes.KeysNotFound, $"The keys of store {storeId} are not in {path}.");
        try
        {
            PrivateFiles.CreateDirectory(path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new VaultException(ErrorCodes.StoreAccessDenied, $"{path}: {e.Message}");
        }
        return path;
    }

    /// <summary>Takes back a keys directory in which nothing but the store's own layout was put.</summary>
    public static void RemoveIfUnused(string path)
    {
        if (Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).ToList() is not [FileBlobStore.ReservedName])
            return;
        Directory.Delete(Path.Combine(path, FileBlobStore.ReservedName), recursive: true);
        Directory.Delete(path);
    }

    private static string DefaultKeys(EmbeddedStoreOptions options) => Path.Combine(options.Home, ".config", "recoveryvault", "stores");

    private static void RequireApart(string keysPath, string storePath)
    {
        var (keys, store) = (Resolve(keysPath), Resolve(Path.GetFullPath(storePath)));
        if (IsWithin(keys, store))
            throw new VaultException(ErrorCodes.KeysInsideStore, $"The keys directory {keysPath} lies inside the store {storePath}.");
        if (IsWithin(store, keys))
            throw new VaultException(ErrorCodes.KeysInsideStore, $"The store {storePath} lies inside its keys directory {keysPath}.");
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory.TrimEnd('/') + '/', StringComparison.Ordinal);

    /// <summary>Something called store.json where nothing else is ours must at least begin as our files do.</summary>
    private static void RequireManifest(string path, HashSet<string> entries)
    {
        if (!entries.Contains(FileBlobStore.ReservedName) && !FileBlobStore.IsBlobFile(Path.Combine(path, StoreManifest.BlobName)))
            throw new VaultException(ErrorCodes.NotAStore, $"{path} holds a {StoreManifest.BlobName} that is not that of a store.");
    }

    private static HashSet<string> Names(string path) =>
        Directory.Exists(path) ? [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry))] : [];

    /// <summary>Follows symbolic links of every part, so that a link cannot hide where a directory lies or will lie.</summary>
    private static string Resolve(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null)
            return path;
        var here = Path.Combine(Resolve(parent), Path.GetFileName(path));
        var entry = new FileInfo(here);
        return entry.LinkTarget is not null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Resolve(target.FullName)
            : here;
    }
}
