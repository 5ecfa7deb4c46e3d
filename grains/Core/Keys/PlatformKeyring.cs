using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>
/// The store's own 32-byte secrets, by id: KEK of vaults with platform-managed keys, root of the records' MACs, and second layer of
/// infrastructure encryption. Kept in the keys store as one blob, apart from the data; an old key stays until nothing names it. Safe for
/// concurrent use.
/// </summary>
public sealed partial class PlatformKeyring : IDisposable
{
    /// <summary>The keyring's blob in the keys store.</summary>
    public const string BlobName = "platform-keyring.json";

    public const int KeySizeBytes = 32;

    private readonly IBlobStore _store;
    private volatile Content _content;

    private PlatformKeyring(IBlobStore store, string storeId, StoredKeyring stored) =>
        (_store, StoreId, _content) = (store, storeId, Content.Of(stored, ImmutableSortedDictionary<uint, KeptKey>.Empty));

    /// <summary>A key and when it was made.</summary>
    private sealed record KeptKey(PlatformKey Key, DateTimeOffset CreatedAt);

    private sealed record Content(uint CurrentId, uint? RolloutId, ImmutableSortedDictionary<uint, KeptKey> Keys)
    {
        /// <summary>What is stored; keys that are known already stay the objects they are, for somebody may be using them.</summary>
        public static Content Of(StoredKeyring stored, ImmutableSortedDictionary<uint, KeptKey> known) =>
            new(
                stored.Current,
                stored.Rollout,
                (stored.Keys ?? []).ToImmutableSortedDictionary(
                    k => k.Id,
                    k => known.GetValueOrDefault(k.Id) ?? new KeptKey(new PlatformKey(k.Id, SecretBytes.CopyOf(k.Key)), k.CreatedAt)
                )
            );
    }

    /// <summary>The store these keys belong to.</summary>
    public string StoreId { get; }

    /// <summary>The key for new wraps, MACs and second layers.</summary>
    public uint CurrentId => _content.CurrentId;

    public PlatformKey Current
    {
        get
        {
            var content = _content;
            return content.Keys[content.CurrentId].Key;
        }
    }

    /// <summary>Of all keys there are.</summary>
    public IReadOnlyCollection<uint> Ids => [.. _content.Keys.Keys];

    /// <summary>Ids of all keys, oldest first, and when each was made.</summary>
    public IReadOnlyList<(uint Id, DateTimeOffset CreatedAt)> All => [.. _content.Keys.Values.Select(k => (k.Key.Id, k.CreatedAt))];

    /// <summary>A key by id; null when this keyring does not have it.</summary>
    public PlatformKey? Find(uint id) => _content.Keys.GetValueOrDefault(id)?.Key;

    /// <summary>The key of an object's second layer.</summary>
    /// <exception cref="VaultException">
    /// WrongPlatformKey: the keyring has lost it. DataTampered: there never was such a key, so somebody wrote that number there.
    /// </exception>
    public PlatformKey Require(uint id, string what) =>
        Find(id)
        ?? throw (
            id == 0 || id > _content.Keys.Keys.Max()
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
        var stored = new StoredKeyring(1, storeId, 1, [NewKey(1, time)]);
        try
        {
            await PutAsync(keys, stored, PutCondition.IfAbsent, cancellation);
            return new PlatformKeyring(keys, storeId, stored);
        }
        finally
        {
            stored.Zero();
        }
    }

    /// <summary>Reads the keyring; null when there is none.</summary>
    /// <exception cref="VaultException">
    /// WrongPlatformKey: it belongs to another store or is damaged. StoreTooNew: a newer version wrote it.
    /// </exception>
    public static async Task<PlatformKeyring?> FindAsync(IBlobStore keys, string storeId, CancellationToken cancellation = default)
    {
        if (await keys.GetAsync(BlobName, cancellation) is not { } blob)
            return null;
        var stored = Parse(blob, storeId);
        try
        {
            return new PlatformKeyring(keys, storeId, stored);
        }
        finally
        {
            stored.Zero();
        }
    }

    public void Dispose()
    {
        foreach (var kept in _content.Keys.Values)
            kept.Key.Secret.Dispose();
        _changing.Dispose();
    }

    private static StoredPlatformKey NewKey(uint id, TimeProvider time) =>
        new(id, time.GetUtcNow(), RandomNumberGenerator.GetBytes(KeySizeBytes));

    private static async Task PutAsync(IBlobStore keys, StoredKeyring stored, PutCondition condition, CancellationToken cancellation)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(stored, RecordJson.Default.StoredKeyring);
        try
        {
            await keys.PutAsync(BlobName, new ReadOnlySequence<byte>(content), condition, cancellation);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>What a blob holds; its bytes are wiped.</summary>
    private static StoredKeyring Parse(Blob blob, string storeId)
    {
        try
        {
            RequireKnownVersion(blob.Content.Span);
            var stored = RecordJson.Read(blob.Content.Span, RecordJson.Default.StoredKeyring);
            return RequireSound(stored ?? throw Damaged("it is empty"), storeId);
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
        var version = RecordJson.Read(content, RecordJson.Default.StoredKeyringFormat)?.Version ?? 0;
        if (version > 1)
            throw new VaultException(ErrorCodes.StoreTooNew, $"The platform keyring has version {version}; this version knows 1.");
        if (version < 1)
            throw Damaged("it names no version");
    }

    private static StoredKeyring RequireSound(StoredKeyring stored, string storeId)
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
            return stored;
        }
        catch
        {
            stored.Zero();
            throw;
        }
    }

    private static VaultException Damaged(string how) =>
        new(
            ErrorCodes.WrongPlatformKey,
            $"The platform keyring {BlobName} is damaged: {how}.",
            "Bring the keys back from the recovery kit with 'rvault keyvault restore --in FILE'."
        );
}

/// <summary>The keyring as stored.</summary>
/// <param name="Version">1.</param>
/// <param name="StoreId">The store it belongs to.</param>
/// <param name="Current">The key in force; one with a higher id is made and not in force yet.</param>
/// <param name="Keys">All keys.</param>
/// <param name="Rollout">The key in force, while what older ones sealed may still have to be renewed.</param>
public sealed record StoredKeyring(int Version, string StoreId, uint Current, StoredPlatformKey[]? Keys, uint? Rollout = null)
{
    public void Zero()
    {
        foreach (var key in Keys ?? [])
            CryptographicOperations.ZeroMemory(key?.Key ?? []);
    }

    public override string ToString() => $"StoredKeyring({StoreId}, {Keys?.Length ?? 0} keys)";
}

/// <summary>The part of <see cref="StoredKeyring"/> that every version has.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record StoredKeyringFormat(int Version);

/// <summary>One key as stored.</summary>
public sealed record StoredPlatformKey(uint Id, DateTimeOffset CreatedAt, byte[] Key)
{
    public override string ToString() => $"StoredPlatformKey({Id})";
}
