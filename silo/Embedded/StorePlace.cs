using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Embedded;

/// <summary>Looks at the directories before anything is made or locked in them.</summary>
internal static class StorePlace
{
    /// <summary>The store's directory: there and a store, or empty (or missing) and to be made.</summary>
    public static void Require(string path, bool create)
    {
        try
        {
            if (File.Exists(path))
                throw new VaultException(ErrorCodes.NotAStore, $"{path} is a file, not a store directory.");
            var entries = Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).ToHashSet() : [];
            if (entries.Contains(Stores.StoreManifest.BlobName))
                return;
            var foreign = entries.Count(name => name is not null && !name.StartsWith('.'));
            if (foreign > 0)
                throw new VaultException(
                    ErrorCodes.NotAStore,
                    $"{path} holds {foreign} entries and no {Stores.StoreManifest.BlobName}: it is not a store."
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

    /// <summary>The keys' directory: never inside the store it opens.</summary>
    public static string RequireKeys(EmbeddedStoreOptions options, string storeId, bool create)
    {
        var path = Path.GetFullPath(options.KeysPath ?? Path.Combine(options.Home, ".config", "recoveryvault", "stores", storeId));
        var (keys, store) = (Resolve(path), Resolve(Path.GetFullPath(options.StorePath)));
        if (keys == store || keys.StartsWith(store + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new VaultException(ErrorCodes.KeysInsideStore, $"The keys directory {path} lies inside the store {options.StorePath}.");
        if (!create && !File.Exists(Path.Combine(path, Keys.PlatformKeyring.BlobName)))
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

    /// <summary>Follows symbolic links of every part that exists, so that a link cannot hide where a directory lies.</summary>
    private static string Resolve(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (parent is null)
            return path;
        var here = Path.Combine(Resolve(parent), Path.GetFileName(path));
        return Directory.Exists(here) && new DirectoryInfo(here).ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Resolve(target.FullName)
            : here;
    }
}
