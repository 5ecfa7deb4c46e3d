using System.Runtime.CompilerServices;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Activity;

/// <summary>
/// Authenticated records of other kinds that remember where the log stood when they were written: a vault's settings and its recovery
/// points. Whoever would take back the log alone is given away by them; only the whole vault can be taken back, and that receipts show.
/// </summary>
public sealed class LogWitnesses(IBlobStore store, AuthenticatedRecords records, KeyCensus census)
{
    /// <summary>What the newest settings of the vault and the newest recovery point of each item remember.</summary>
    public async IAsyncEnumerable<RememberedMark> ReadAsync(
        VaultId vaultId,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        if (
            await FindNewestAsync(Descriptors.Folder(vaultId), cancellation) is { } settings
            && await records.FindSoundAsync(settings, RecordType.Descriptor, RecordJson.Default.VaultDescriptor, cancellation)
                is { Log: { } mark } descriptor
            && descriptor.VaultId == vaultId
        )
            yield return new RememberedMark($"change {descriptor.Seq} of the vault's settings", mark);
        foreach (var itemId in await census.ListItemsAsync(vaultId, [], cancellation))
        {
            if (
                await FindNewestAsync(ItemBlobs.Heads(itemId), cancellation) is { } name
                && await records.FindSoundAsync(name, RecordType.Head, RecordJson.Default.RecoveryPointHead, cancellation)
                    is { Log: { } seen } head
                && head.Manifest.StartsWith(ItemBlobs.Manifests(itemId), StringComparison.Ordinal)
            )
                yield return new RememberedMark($"recovery point {head.Name}", seen);
        }
    }

    private async Task<string?> FindNewestAsync(string folder, CancellationToken cancellation)
    {
        string? newest = null;
        await foreach (var blob in store.ListAllAsync($"{folder}/", cancellation))
        {
            if (AuthenticatedRecords.TrySequenceOf(blob.Name, out _))
                newest = blob.Name;
        }
        return newest;
    }
}

/// <summary>A place in the log that a record remembers.</summary>
/// <param name="By">The record, as people would call it.</param>
public sealed record RememberedMark(string By, LogMark Mark);
