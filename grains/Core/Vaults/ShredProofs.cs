using System.Collections.Immutable;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Records;
using RecoveryVault.Storage;

namespace RecoveryVault.Vaults;

/// <summary>
/// What was destroyed, as create-only authenticated records <c>proofs/{vaultId}/{seq}-{random}</c>: number 1 before anything is, number 2
/// when all is gone. Nothing ever deletes them.
/// </summary>
public sealed class ShredProofs(IBlobStore store, AuthenticatedRecords records)
{
    private const string Folder = "proofs";

    public Task<RecordRef> WriteAsync(ShredProof proof) =>
        records.WriteAsync(
            $"{Folder}/{proof.Summary.VaultId}",
            proof.Summary.CompletedAt is null ? 1 : 2,
            RecordType.Proof,
            proof,
            RecordJson.Default.ShredProof
        );

    public Task<ShredProof> ReadAsync(RecordRef reference) => records.ReadAsync(reference, RecordType.Proof, RecordJson.Default.ShredProof);

    /// <summary>The newest authentic proof of a vault.</summary>
    /// <exception cref="VaultException">VaultNotFound; RecordTampered when there are proofs and none is authentic.</exception>
    public async Task<ShredProof> FindAsync(VaultId vaultId)
    {
        ShredProof? newest = null;
        var isThere = false;
        await foreach (var blob in store.ListAllAsync($"{Folder}/{vaultId}/"))
        {
            isThere = true;
            if (
                await records.FindSoundAsync(blob.Name, RecordType.Proof, RecordJson.Default.ShredProof) is { } proof
                && proof.Summary.VaultId == vaultId
            )
                newest = proof;
        }
        return newest
            ?? throw (
                isThere
                    ? new VaultException(ErrorCodes.RecordTampered, $"No proof of vault {vaultId} is authentic.")
                    : new VaultException(
                        ErrorCodes.VaultNotFound,
                        $"No vault {vaultId} was destroyed here.",
                        "See those that were with 'rvault vault list-deleted'."
                    )
            );
    }

    /// <summary>Every vault of which a proof is there, in order of ids.</summary>
    public async Task<IReadOnlyList<VaultId>> ListAsync()
    {
        SortedSet<string> ids = new(StringComparer.Ordinal);
        await foreach (var blob in store.ListAllAsync($"{Folder}/"))
            ids.Add(blob.Name.Split('/')[1]);
        return [.. ids.Where(id => id.Length == 2 * VaultId.SizeBytes).Select(VaultId.Parse)];
    }
}

/// <summary>One proof as stored.</summary>
public sealed record ShredProof(ShredSummary Summary, ImmutableArray<ShreddedItem> Items) : Evolving
{
    public ImmutableArray<ShreddedItem> Items { get; init; } = RecordJson.ListOf(Items);
}
