using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RecoveryVault.Errors;
using RecoveryVault.Storage;

namespace RecoveryVault.Keys;

/// <summary>
/// Everything in a keys store (local key vaults and the platform keyring) in one file under a passphrase, so that a lost machine does not
/// mean lost backups. It is a snapshot: keys made later are not in it. <see cref="RecoveryKitHeader"/> and
/// <see cref="RecoveryKitContent"/> describe it.
/// </summary>
/// <remarks>
/// There is no lowest iteration count on import, on purpose: refusing a file that has left the machine protects nobody from guessing its
/// passphrase, and would take from its owner the last copy of the keys. Export always uses <see cref="Iterations"/>.
/// </remarks>
public static class RecoveryKit
{
    /// <summary>The shortest passphrase in UTF-16 units.</summary>
    public const int MinPassphraseLength = 8;

    /// <summary>
    /// PBKDF2-HMAC-SHA256 iterations of a new kit: the OWASP Password Storage Cheat Sheet's figure. .NET has no memory-hard function
    /// (Argon2id).
    /// </summary>
    public const int Iterations = 600_000;

    private const int SaltBytes = 32;

    /// <summary>Writes a kit of all blobs of a keys store and returns how many; the caller zeroes the passphrase.</summary>
    /// <param name="keys">The keys store.</param>
    /// <param name="storeId">Which store the keys belong to: 1 to 64 letters, digits, dots, underscores, hyphens.</param>
    /// <param name="kit">Where to write; it is not closed.</param>
    /// <param name="passphrase">Its exact UTF-8 bytes count: it is not normalised.</param>
    /// <param name="time">The clock of the kit's date.</param>
    /// <param name="cancellation">Stops it; what was written then is no kit.</param>
    /// <exception cref="VaultException">
    /// <see cref="ErrorCodes.PassphraseTooShort"/>, <see cref="ErrorCodes.RecoveryKitTooLarge"/>.
    /// </exception>
    public static async Task<int> ExportAsync(
        IBlobStore keys,
        string storeId,
        Stream kit,
        ReadOnlyMemory<char> passphrase,
        TimeProvider time,
        CancellationToken cancellation = default
    )
    {
        RecoveryKitHeader.RequireStoreId(storeId);
        if (passphrase.Length < MinPassphraseLength)
        {
            throw Refused(
                ErrorCodes.PassphraseTooShort,
                $"No recovery kit was written: want a passphrase of {MinPassphraseLength} characters or more, got {passphrase.Length}."
            );
        }
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var (content, count) = await CollectAsync(keys, cancellation);
        using (content)
        using (var secret = RecoveryKitSecret.Derive(passphrase, salt, Iterations))
        {
            var bodyLength = content.Length + RecoveryKitSecret.TagBytes;
            var header = new RecoveryKitHeader(storeId, time.GetUtcNow(), Iterations, salt, secret.Check, bodyLength).Encode();
            await kit.WriteAsync(header, cancellation);
            await kit.WriteAsync(secret.Seal(header, content.Span), cancellation);
        }
        return count;
    }

    /// <summary>
    /// Brings the keys of a kit back and returns how many blobs were missing. Everything is checked before anything is written; a key
    /// that is there already with the same content stays, so that an interrupted import can be repeated. Blobs that the kit does not know
    /// stay, too.
    /// </summary>
    /// <exception cref="VaultException">
    /// <see cref="ErrorCodes.RecoveryKitDamaged"/>, <see cref="ErrorCodes.RecoveryKitTooNew"/>,
    /// <see cref="ErrorCodes.RecoveryKitOtherStore"/>, <see cref="ErrorCodes.RecoveryKitWrongPassphrase"/>,
    /// <see cref="ErrorCodes.KeysExist"/>: a different key of the same name is there.
    /// </exception>
    public static async Task<int> ImportAsync(
        IBlobStore keys,
        string storeId,
        Stream kit,
        ReadOnlyMemory<char> passphrase,
        CancellationToken cancellation = default
    )
    {
        RecoveryKitHeader.RequireStoreId(storeId);
        var bytes = await ReadAllAsync(kit, cancellation);
        var header = RecoveryKitHeader.Parse(bytes, out var headerLength);
        if (header.StoreId != storeId)
            throw Refused(ErrorCodes.RecoveryKitOtherStore, $"The recovery kit is of store '{header.StoreId}', want '{storeId}'.");
        using var content = Open(header, bytes.AsSpan(..headerLength), bytes.AsSpan(headerLength..), passphrase);
        var missing = new List<RecoveryKitEntry>();
        foreach (var entry in RecoveryKitContent.Decode(content.Span))
        {
            if (!await IsThereAsync(keys, entry, content, cancellation))
                missing.Add(entry);
        }
        foreach (var entry in missing)
            await WriteAsync(keys, entry, content, cancellation);
        return missing.Count;
    }

    private static async Task<(SecretBytes Content, int Count)> CollectAsync(IBlobStore keys, CancellationToken cancellation)
    {
        var blobs = new List<(string Name, ReadOnlyMemory<byte> Content)>();
        try
        {
            string? after = null;
            do
            {
                var page = await keys.ListAsync("", after, cancellation: cancellation);
                foreach (var item in page.Items)
                {
                    if (await keys.GetAsync(item.Name, cancellation) is { } blob)
                        blobs.Add((item.Name, blob.Content));
                }
                after = page.Next;
            } while (after is not null);
            return (RecoveryKitContent.Encode(blobs), blobs.Count);
        }
        finally
        {
            foreach (var (_, content) in blobs)
                Wipe(content);
        }
    }

    private static SecretBytes Open(
        RecoveryKitHeader header,
        ReadOnlySpan<byte> headerBytes,
        ReadOnlySpan<byte> body,
        ReadOnlyMemory<char> passphrase
    )
    {
        if (body.Length != header.BodyLength)
            throw RecoveryKitHeader.Damaged($"{header.BodyLength} bytes follow the header of a whole one, got {body.Length}");
        using var secret = RecoveryKitSecret.Derive(passphrase, header.Salt, header.Iterations);
        if (!CryptographicOperations.FixedTimeEquals(secret.Check, header.Check))
            throw Refused(ErrorCodes.RecoveryKitWrongPassphrase, "The passphrase does not open the recovery kit.");
        return secret.Open(headerBytes, body);
    }

    /// <summary>Whether the blob is there with the kit's content.</summary>
    /// <exception cref="VaultException">It is there with another.</exception>
    private static async Task<bool> IsThereAsync(
        IBlobStore keys,
        RecoveryKitEntry entry,
        SecretBytes content,
        CancellationToken cancellation
    )
    {
        if (await keys.GetAsync(entry.Name, cancellation) is not { } blob)
            return false;
        var same = CryptographicOperations.FixedTimeEquals(blob.Content.Span, entry.Of(content));
        Wipe(blob.Content);
        return same
            ? true
            : throw Refused(ErrorCodes.KeysExist, $"The keys were not restored: another '{entry.Name}' than the kit's is there already.");
    }

    private static async Task WriteAsync(IBlobStore keys, RecoveryKitEntry entry, SecretBytes content, CancellationToken cancellation)
    {
        var copy = entry.Of(content).ToArray();
        try
        {
            await keys.PutAsync(entry.Name, new ReadOnlySequence<byte>(copy), PutCondition.IfAbsent, cancellation);
        }
        catch (BlobStoreException refused) when (refused.Error == BlobError.PreconditionFailed)
        {
            // Written since the check: fine if it is the same.
            if (!await IsThereAsync(keys, entry, content, cancellation))
                throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    private static async Task<byte[]> ReadAllAsync(Stream kit, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int count; (count = await kit.ReadAsync(buffer, cancellation)) > 0; )
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > RecoveryKitHeader.MaxBytes + RecoveryKitContent.MaxBytes + RecoveryKitSecret.TagBytes)
                throw RecoveryKitHeader.Damaged($"it is larger than any kit, {RecoveryKitContent.MaxBytes} bytes of keys");
        }
        return bytes.ToArray();
    }

    private static VaultException Refused(string code, string message) => new(code, message);

    // The reader of a blob owns the bytes; they hold private keys.
    private static void Wipe(ReadOnlyMemory<byte> content) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(content).Span);
}
