using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Stores;

public sealed partial record StoreManifest
{
    /// <summary>
    /// The platform keys before <see cref="PlatformKeyId"/> that something in the store may still name; absent when there is none.
    /// </summary>
    public ImmutableArray<PlatformKeyCheck>? OlderPlatformKeys { get; init; }

    /// <summary>
    /// The store's keyring: it must have every platform key the store names, and they must be these very keys. One from before a rotation
    /// is
    /// refused here, not at the first record it could not read.
    /// </summary>
    /// <exception cref="VaultException">KeysNotFound, WrongPlatformKey.</exception>
    public async Task<PlatformKeyring> OpenKeyringAsync(IBlobStore keys, string place, CancellationToken cancellation = default)
    {
        var keyring =
            await PlatformKeyring.FindAsync(keys, StoreId, cancellation)
            ?? throw new VaultException(ErrorCodes.KeysNotFound, $"There are no keys of store {StoreId} in {place}.");
        if (Mismatch(keyring, place) is not { } mismatch)
            return keyring;
        keyring.Dispose();
        throw mismatch;
    }

    /// <summary>The code of what a keyring lacks to be this store's; null when it fits.</summary>
    public string? MisfitOf(PlatformKeyring keyring) => Mismatch(keyring, "memory")?.Code;

    private VaultException? Mismatch(PlatformKeyring keyring, string place)
    {
        foreach (var (id, check) in Checks())
        {
            if (keyring.Find(id) is null)
                return new VaultException(
                    ErrorCodes.WrongPlatformKey,
                    $"The keys in {place} lack platform key {id}, which store {StoreId} needs: they are a copy from {(id > keyring.Ids.Max() ? "before it was made" : "after it was removed")}.",
                    "Name the keys directory in use with --keys, or bring back a recovery kit made after the platform key was rotated."
                );
            if (keyring.CheckValue(id) != check)
                return new VaultException(ErrorCodes.WrongPlatformKey, $"The keys in {place} are not those of store {StoreId}.");
        }
        return null;
    }

    private IEnumerable<(uint Id, string Check)> Checks() =>
        (OlderPlatformKeys ?? []).Select(k => (k.Id, k.Check)).Append((PlatformKeyId, PlatformKeyCheck));

    /// <summary>Makes the store demand a newer key, before anything is sealed under it; one it demands already changes nothing.</summary>
    public static Task DemandAsync(IBlobStore store, PlatformKeyring keyring, uint id, CancellationToken cancellation = default) =>
        ChangeAsync(
            store,
            manifest =>
                manifest.PlatformKeyId >= id
                    ? manifest
                    : manifest with
                    {
                        PlatformKeyId = id,
                        PlatformKeyCheck = keyring.CheckValue(id),
                        OlderPlatformKeys = [.. manifest.OlderPlatformKeys ?? [], new(manifest.PlatformKeyId, manifest.PlatformKeyCheck)],
                    },
            cancellation
        );

    /// <summary>Lets the store demand a key no longer that nothing names any more.</summary>
    public static Task ReleaseAsync(IBlobStore store, uint id, CancellationToken cancellation = default) =>
        ChangeAsync(
            store,
            manifest =>
                manifest.OlderPlatformKeys?.Any(k => k.Id == id) != true
                    ? manifest
                    : manifest with
                    {
                        OlderPlatformKeys = manifest.OlderPlatformKeys.Value.RemoveAll(k => k.Id == id) is { IsEmpty: false } left
                            ? left
                            : null,
                    },
            cancellation
        );

    private static async Task ChangeAsync(IBlobStore store, Func<StoreManifest, StoreManifest> change, CancellationToken cancellation)
    {
        var manifest = await FindAsync(store, cancellation) ?? throw new VaultException(ErrorCodes.NotAStore, $"{BlobName} is missing.");
        var etag = (await store.GetAsync(BlobName, cancellation))?.ETag ?? "";
        var next = change(manifest);
        if (ReferenceEquals(next, manifest))
            return;
        var content = JsonSerializer.SerializeToUtf8Bytes(next, RecordJson.Default.StoreManifest);
        await store.PutAsync(BlobName, new ReadOnlySequence<byte>(content), PutCondition.IfMatch(etag), cancellation);
    }
}

/// <summary>A platform key as the store names it: its id, and the value only its holder can compute.</summary>
public sealed record PlatformKeyCheck(uint Id, string Check);
