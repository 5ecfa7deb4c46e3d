using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>
/// The store's own 32-byte secrets, by id: KEK of vaults with platform-managed keys and root of the records' MACs. Kept in the keys store
/// as one blob, apart from the data; an old key stays until nothing names it.
/// </summary>
public sealed class PlatformKeyring : IDisposable
{
    /// <summary>The keyring's blob in the keys store.</summary>
    public const string BlobName = "platform-keyring.json";

    public const int KeySizeBytes = 32;

    private readonly Dictionary<uint, PlatformKey> _keys;

    private PlatformKeyring(string storeId, uint currentId, Dictionary<uint, PlatformKey> keys) =>
        (StoreId, CurrentId, _keys) = (storeId, currentId, keys);

    /// <summary>The store these keys belong to.</summary>
    public string StoreId { get; }

    /// <summary>The key for new wraps and MACs.</summary>
    public uint CurrentId { get; }

    /// <summary>Of all keys there are.</summary>
    public IReadOnlyCollection<uint> Ids => _keys.Keys;

    public PlatformKey Current => _keys[CurrentId];

    /// <summary>A key by id; null when this keyring does not have it.</summary>
    public PlatformKey? Find(uint id) => _keys.GetValueOrDefault(id);

    /// <summary>The key of an object's second layer.</summary>
    /// <exception cref="VaultException">
    /// WrongPlatformKey: the keyring has lost it. DataTampered: there never was such a key, so somebody wrote that number there.
    /// </exception>
    public PlatformKey Require(uint id, string what) =>
        Find(id)
        ?? throw (
            id == 0 || id > _keys.Keys.Max()
                ? new VaultException(ErrorCodes.DataTampered, $"{what} names platform key {id}, which was never made.")
                : new VaultException(
                    ErrorCodes.WrongPlatformKey,
                    $"{what} is sealed under platform key {id}, which the platform keyring does not have.",
                    "Bring the keys back from a recovery kit that has it, with 'rvault keyvault restore --in FILE' or --keys."
                )
        );

    /// <summary>A value that only the holder of the key can compute; lets a store tell that the keyring is its own.</summary>
    public string CheckValue(uint id)
    {
        var key = Find(id) ?? throw new VaultException(ErrorCodes.WrongPlatformKey, $"The platform keyring has no key {id}.");
        Span<byte> check = stackalloc byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, key.Secret.Span, check, Encoding.UTF8.GetBytes("recoveryvault/1/platform-check" + StoreId));
        return Convert.ToHexStringLower(check);
    }

    /// <summary>Makes the keyring of a new store.</summary>
    public static async Task<PlatformKeyring> CreateAsync(
        IBlobStore keys,
        string storeId,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        var secret = SecretBytes.Random(KeySizeBytes);
        var stored = new StoredKeyring(1, storeId, 1, [new StoredPlatformKey(1, time.GetUtcNow(), secret.Span.ToArray())]);
        var content = JsonSerializer.SerializeToUtf8Bytes(stored, RecordJson.Default.StoredKeyring);
        try
        {
            await keys.PutAsync(BlobName, new ReadOnlySequence<byte>(content), PutCondition.IfAbsent, cancellation);
        }
        catch
        {
            secret.Dispose();
            throw;
        }
        finally
        {
            stored.Zero();
            CryptographicOperations.ZeroMemory(content);
        }
        return new PlatformKeyring(storeId, 1, new() { [1] = new PlatformKey(1, secret) });
    }

    /// <summary>Reads the keyring; null when there is none.</summary>
    /// <exception cref="VaultException">
    /// WrongPlatformKey: it belongs to another store or is damaged. StoreTooNew: a newer version wrote it.
    /// </exception>
    public static async Task<PlatformKeyring?> FindAsync(IBlobStore keys, string storeId, CancellationToken cancellation = default)
    {
        if (await keys.GetAsync(BlobName, cancellation) is not { } blob)
            return null;
        try
        {
            RequireKnownVersion(blob.Content.Span);
            var stored = JsonSerializer.Deserialize(blob.Content.Span, RecordJson.Default.StoredKeyring);
            return Open(stored ?? throw Damaged("it is empty"), storeId);
        }
        catch (JsonException e)
        {
            // The parser's own message could quote a part of the file.
            throw Damaged($"line {e.LineNumber + 1} cannot be read");
        }
        finally
        {
            if (MemoryMarshal.TryGetArray(blob.Content, out var bytes))
                CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>The version first: a newer format may lack or rename everything else.</summary>
    private static void RequireKnownVersion(ReadOnlySpan<byte> content)
    {
        var version = JsonSerializer.Deserialize(content, RecordJson.Default.StoredKeyringFormat)?.Version ?? 0;
        if (version > 1)
            throw new VaultException(ErrorCodes.StoreTooNew, $"The platform keyring has version {version}; this version knows 1.");
        if (version < 1)
            throw Damaged("it names no version");
    }

    private static PlatformKeyring Open(StoredKeyring stored, string storeId)
    {
        try
        {
            if (stored.StoreId != storeId)
                throw new VaultException(ErrorCodes.WrongPlatformKey, $"The keys belong to store {stored.StoreId}, not to {storeId}.");
            var ids = stored.Keys?.Select(k => k?.Id).ToHashSet() ?? [];
            if (stored.Keys is not { } found || ids.Count != found.Length || !ids.Contains(stored.Current))
                throw Damaged("its keys are incomplete");
            if (found.Any(k => k.Key?.Length != KeySizeBytes))
                throw Damaged($"a key does not have {KeySizeBytes} bytes");
            return new PlatformKeyring(
                storeId,
                stored.Current,
                found.ToDictionary(k => k.Id, k => new PlatformKey(k.Id, SecretBytes.CopyOf(k.Key)))
            );
        }
        finally
        {
            stored.Zero();
        }
    }

    private static VaultException Damaged(string how) =>
        new(
            ErrorCodes.WrongPlatformKey,
            $"The platform keyring {BlobName} is damaged: {how}.",
            "Bring the keys back from the recovery kit with 'rvault keyvault restore --in FILE'."
        );

    public void Dispose()
    {
        foreach (var key in _keys.Values)
            key.Secret.Dispose();
    }
}

/// <summary>The keyring as stored.</summary>
public sealed record StoredKeyring(int Version, string StoreId, uint Current, StoredPlatformKey[]? Keys)
{
    public void Zero()
    {
        foreach (var key in Keys ?? [])
            CryptographicOperations.ZeroMemory(key?.Key ?? []);
    }

    public override string ToString() => $"StoredKeyring({StoreId}, {Keys?.Length ?? 0} keys)";
}

/// <summary>The part of <see cref="StoredKeyring"/> that every version has.</summary>
public sealed record StoredKeyringFormat(int Version);

/// <summary>One key as stored.</summary>
public sealed record StoredPlatformKey(uint Id, DateTimeOffset CreatedAt, byte[] Key)
{
    public override string ToString() => $"StoredPlatformKey({Id})";
}
