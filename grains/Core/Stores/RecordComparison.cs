using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Stores;

/// <summary>
/// Compares grains' records with the descriptors, rings and heads that repeat what they say and carry checksums: so bits that flipped in a
/// grain's record are found without keys. Who alters both is found by those who have the keys.
/// </summary>
internal sealed class RecordComparison(IBlobStore store)
{
    private const int MaxAttempts = 3;

    private readonly AuthenticatedRecords _records = AuthenticatedRecords.Unverified(store);

    /// <summary>What a record says otherwise than those beside it; null when nothing.</summary>
    /// <exception cref="JsonException">It is no such record.</exception>
    public async Task<string?> FindContradictionAsync(string blobName, CancellationToken cancellation)
    {
        for (var attempt = 1; await store.GetAsync(blobName, cancellation) is { Content.IsEmpty: false } blob; attempt++)
        {
            try
            {
                await VerifyAsync(blobName, blob.Content, cancellation);
                return null;
            }
            catch (VaultException e) when (e.Code is ErrorCodes.DataMissing or ErrorCodes.DataBitRot)
            {
                // Reported where it lies.
                return null;
            }
            catch (VaultException e)
            {
                // Of a store in use the records beside it may be newer than what was just read.
                if (attempt == MaxAttempts || (await store.GetAsync(blobName, cancellation))?.ETag == blob.ETag)
                    return e.Message;
            }
        }
        return null;
    }

    private async Task VerifyAsync(string blobName, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        if (GrainRecords.TryItemOf(blobName, out var key))
        {
            var item = RecordJson.Read(content.Span, RecordJson.Default.ItemRecord) ?? throw new JsonException("It is null.");
            RequireNotes($"{key}", item.Owed);
            await new ItemProof(store, _records).VerifyAsync(key, item, cancellation);
        }
        else if (GrainRecords.TryVaultOf(blobName, out var vaultId))
        {
            var vault = RecordJson.Read(content.Span, RecordJson.Default.VaultRecord) ?? throw new JsonException("It is null.");
            RequireNotes($"{vaultId}", vault.Owed);
            await new Descriptors(_records).VerifyAsync(vaultId, vault);
        }
    }

    /// <summary>A note's seal lies in the record itself: whatever is wrong with it is wrong here.</summary>
    private static void RequireNotes(string owner, ImmutableArray<OwedNote> notes)
    {
        try
        {
            NoteSeals.Unverified.Require(owner, notes);
        }
        catch (VaultException e)
        {
            throw new VaultException(ErrorCodes.RecordTampered, e.Message);
        }
    }
}
