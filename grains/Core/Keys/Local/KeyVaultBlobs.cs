using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys.Local;

/// <summary>
/// The records in the keys store: <c>keyvaults/{vault}.json</c> and <c>keys/{vault}/{key}.json</c>, names in lower case since Key Vault's
/// mean the same in any case. Every change is conditional on the etag it was made from, and made again from the newer record if need be.
/// </summary>
internal sealed class KeyVaultBlobs(IBlobStore store)
{
    private const string VaultPrefix = "keyvaults/";
    private const string Extension = ".json";
    private const string BackupKeyName = "keyvaults.backup-key";
    private const int BackupKeyLength = 32;

    // Each lost race is another caller's success; so many in a row mean something is wrong.
    private const int MaxAttempts = 200;

    public Task<KeyVaultRecord?> ReadVaultAsync(string vault, CancellationToken cancellation) =>
        ReadAsync(VaultName(vault), KeyStoreJson.Default.KeyVaultRecord, record => record, cancellation);

    /// <summary>Changes a key vault, or creates it when the change makes a record from null.</summary>
    public Task<KeyVaultRecord> UpdateVaultAsync(
        string vault,
        Func<KeyVaultRecord?, KeyVaultRecord> change,
        CancellationToken cancellation
    ) =>
        UpdateAsync(
            VaultName(vault),
            KeyStoreJson.Default.KeyVaultRecord,
            record =>
            {
                var next = change(record);
                return (next, next);
            },
            cancellation
        );

    public Task<IReadOnlyList<string>> ListVaultsAsync(CancellationToken cancellation) => ListAsync(VaultPrefix, cancellation);

    /// <summary>Reads a key (null: none) for as long as <paramref name="use"/> runs; then its private halves are zeroed.</summary>
    public Task<T> ReadKeyAsync<T>(string vault, string key, Func<KeyRecord?, T> use, CancellationToken cancellation) =>
        ReadAsync(KeyName(vault, key), KeyStoreJson.Default.KeyRecord, use, cancellation);

    /// <summary>
    /// Changes a key, creates it from null, or destroys it when the change makes null of it. The change may run several times; a private
    /// half that it adds stays the caller's to dispose.
    /// </summary>
    public Task<T> UpdateKeyAsync<T>(
        string vault,
        string key,
        Func<KeyRecord?, (KeyRecord? Next, T Result)> change,
        CancellationToken cancellation
    ) => UpdateAsync(KeyName(vault, key), KeyStoreJson.Default.KeyRecord, change, cancellation);

    /// <summary>What seals backups of single keys, made when first needed; the caller disposes it.</summary>
    public async Task<SecretBytes> BackupKeyAsync(CancellationToken cancellation)
    {
        if (await store.GetAsync(BackupKeyName, cancellation) is null)
        {
            using var made = SecretBytes.Random(BackupKeyLength);
            try
            {
                await store.PutAsync(BackupKeyName, new ReadOnlySequence<byte>(made.Memory), PutCondition.IfAbsent, cancellation);
            }
            catch (BlobStoreException taken) when (taken.Error == BlobError.PreconditionFailed)
            {
                // Another process was first: its key it is.
            }
        }
        var blob = await store.GetAsync(BackupKeyName, cancellation);
        if (blob?.Content.Length != BackupKeyLength)
            throw Damaged($"'{BackupKeyName}' is damaged; restore the keys from a recovery kit.");
        var key = SecretBytes.CopyOf(blob.Content.Span);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(blob.Content).Span);
        return key;
    }

    public Task<IReadOnlyList<string>> ListKeysAsync(string vault, CancellationToken cancellation) =>
        ListAsync($"keys/{vault.ToLowerInvariant()}/", cancellation);

    private async Task<TResult> ReadAsync<TRecord, TResult>(
        string name,
        JsonTypeInfo<TRecord> type,
        Func<TRecord?, TResult> use,
        CancellationToken cancellation
    )
        where TRecord : class
    {
        var blob = await store.GetAsync(name, cancellation);
        var record = blob is null ? null : Parse(name, blob, type);
        using (record as IDisposable)
            return use(record);
    }

    private async Task<TResult> UpdateAsync<TRecord, TResult>(
        string name,
        JsonTypeInfo<TRecord> type,
        Func<TRecord?, (TRecord? Next, TResult Result)> change,
        CancellationToken cancellation
    )
        where TRecord : class
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var blob = await store.GetAsync(name, cancellation);
            var current = blob is null ? null : Parse(name, blob, type);
            using var zeroed = current as IDisposable;
            var (next, result) = change(current);
            if (await TryWriteAsync(name, blob?.ETag, next, type, cancellation))
                return result;
        }
        throw KeyVaultRefusal.TooManyConflicts(name);
    }

    /// <summary>False when another caller was first.</summary>
    private async Task<bool> TryWriteAsync<TRecord>(
        string name,
        string? etag,
        TRecord? record,
        JsonTypeInfo<TRecord> type,
        CancellationToken cancellation
    )
        where TRecord : class
    {
        var content = record is null ? [] : JsonSerializer.SerializeToUtf8Bytes(record, type);
        try
        {
            var condition = etag is null ? PutCondition.IfAbsent : PutCondition.IfMatch(etag);
            if (record is null)
                await store.DeleteAsync(name, etag, cancellation);
            else
                await store.PutAsync(name, new ReadOnlySequence<byte>(content), condition, cancellation);
            return true;
        }
        catch (BlobStoreException refused) when (refused.Error == BlobError.PreconditionFailed)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static TRecord Parse<TRecord>(string name, Blob blob, JsonTypeInfo<TRecord> type)
        where TRecord : class
    {
        try
        {
            var format = JsonSerializer.Deserialize(blob.Content.Span, KeyStoreJson.Default.RecordFormat)?.Format;
            if (format != RecordFormat.Current)
                throw Damaged($"'{name}' has format {format}, this version reads {RecordFormat.Current}. Use the version that wrote it.");
            var record = JsonSerializer.Deserialize(blob.Content.Span, type);
            return record is null or KeyRecord { Versions.Count: 0 } ? throw Damaged($"'{name}' holds no key.") : record;
        }
        catch (JsonException malformed)
        {
            throw Damaged($"'{name}' is damaged; restore the keys from a recovery kit. ({malformed.Message})");
        }
        finally
        {
            // The reader of a blob owns the bytes; they hold private keys.
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(blob.Content).Span);
        }
    }

    private async Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation)
    {
        var names = new List<string>();
        string? after = null;
        do
        {
            var page = await store.ListAsync(prefix, after, cancellation: cancellation);
            names.AddRange(
                page.Items.Where(item => item.Name.EndsWith(Extension, StringComparison.Ordinal))
                    .Select(item => item.Name[prefix.Length..^Extension.Length])
            );
            after = page.Next;
        } while (after is not null);
        return names;
    }

    private static BlobStoreException Damaged(string message) => new(BlobError.Damaged, message);

    private static string VaultName(string vault) => VaultPrefix + vault.ToLowerInvariant() + Extension;

    private static string KeyName(string vault, string key) => $"keys/{vault.ToLowerInvariant()}/{key.ToLowerInvariant()}{Extension}";
}
