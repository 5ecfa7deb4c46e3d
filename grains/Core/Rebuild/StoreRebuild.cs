using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Rebuild;

/// <summary>
/// Makes grains' records again that are missing or unreadable, from the authenticated records beside them; what is there and authentic is
/// left as it is. Nobody else may work on the store: the caller holds its lock and runs no silo. Every step is one durable write of
/// something that is missing, so it may be interrupted anywhere and run again.
/// </summary>
public sealed class StoreRebuild(IBlobStore store, PlatformKeyring keyring, TimeProvider time)
{
    private long _examined;

    /// <summary>Items looked at so far.</summary>
    public long Examined => Interlocked.Read(ref _examined);

    public async Task<RebuildReport> RunAsync(RebuildOptions options, CancellationToken cancellation = default)
    {
        var parts = new RebuildParts(store, keyring, time, options);
        var map = new StoreMap(store, parts.Records);
        await map.ReadAsync(cancellation);
        List<RebuiltVault> vaults = [];
        foreach (var vaultId in map.Vaults)
        {
            var vault = new VaultRebuild(parts, vaultId, map.ItemsOf(vaultId), () => Interlocked.Increment(ref _examined));
            vaults.Add(await vault.RunAsync(cancellation));
        }
        var orphans = map.Orphans.Select(id =>
            RebuildProblem.Of(
                ErrorCodes.DataMissing,
                $"Recovery points of an item {id} are there, and neither its settings nor its keys: nothing says whose they are."
            )
        );
        return new RebuildReport(vaults, [.. orphans, .. parts.Names.Problems]);
    }
}
