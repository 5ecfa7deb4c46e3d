using RecoveryVault.Activity;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Rotation;
using RecoveryVault.Vaults;

namespace RecoveryVault;

/// <summary>
/// The way into a vault cluster, or into the silo embedded in this process: finds vaults and items by name, and runs what takes more than
/// one call. Everything throws <see cref="VaultException"/> with a code and what to do.
/// </summary>
/// <param name="grains">A connected cluster client.</param>
/// <param name="dataPlane">Carries the bytes of backups and restores.</param>
/// <param name="time">The clock.</param>
public sealed partial class VaultClient(IGrainFactory grains, IDataPlane dataPlane, TimeProvider time)
{
    /// <summary>
    /// How long work that can begin again by itself goes on trying while the silos it needs do not answer; zero: it fails at once.
    /// </summary>
    public TimeSpan Patience { get; init; }

    /// <summary>How long a backup, restore or reclaim waits to begin while a server has no room; zero: it fails at once.</summary>
    public TimeSpan BusyPatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Told once for each such wait.</summary>
    public Action<VaultException>? OnBusy { get; init; }

    /// <summary>Creates and lists vaults.</summary>
    public IVaultDirectoryGrain Directory => grains.GetGrain<IVaultDirectoryGrain>(0);

    /// <summary>The vault that bears this name now.</summary>
    public async Task<NamedVault> FindVaultAsync(string name) => Open(await Directory.FindVaultAsync(name));

    /// <summary>The item that bears this name in that vault now.</summary>
    public async Task<IProtectedItemGrain> FindItemAsync(string vaultName, string itemName)
    {
        var vault = await FindVaultAsync(vaultName);
        return OpenItem(new ItemKey(vault.VaultId, await vault.Vault.FindItemAsync(itemName)));
    }

    /// <summary>A vault by identity.</summary>
    public NamedVault Open(VaultId vaultId)
    {
        var key = vaultId.ToString();
        return new NamedVault(
            vaultId,
            grains.GetGrain<IVaultGrain>(key),
            grains.GetGrain<IJobLedgerGrain>(key),
            grains.GetGrain<IActivityLogGrain>(key),
            grains.GetGrain<IKeyRotationGrain>(key)
        );
    }

    /// <summary>An item by identity.</summary>
    public IProtectedItemGrain OpenItem(ItemKey key) => grains.GetGrain<IProtectedItemGrain>(key.ToString());

    /// <summary>Begins something that needs room on a silo, as soon as there is some.</summary>
    private async Task<T> WhenThereIsRoomAsync<T>(Func<Task<T>> begin, CancellationToken cancellation)
    {
        for (var wait = new BusyWait(BusyPatience, time); ; )
        {
            VaultException busy;
            try
            {
                return await begin();
            }
            catch (VaultException e) when (wait.Allows(e))
            {
                busy = e;
            }
            if (wait.IsNews)
                OnBusy?.Invoke(busy);
            await wait.PauseAsync(busy, cancellation);
        }
    }

    /// <summary>All entries of a paged list.</summary>
    public static async IAsyncEnumerable<T> AllAsync<T>(Func<PageRequest, Task<Page<T>>> list)
    {
        string? after = null;
        do
        {
            var page = await list(new PageRequest(after));
            foreach (var item in page.Items)
                yield return item;
            after = page.Next;
        } while (after is not null);
    }

    /// <summary>
    /// Assigns or changes the customer-managed key and, when the vault has items, returns only after every one of them is re-wrapped.
    /// </summary>
    public static async Task<EncryptionSummary> UpdateEncryptionAsync(
        NamedVault vault,
        UpdateEncryption request,
        CancellationToken cancellation = default
    )
    {
        var updated = await vault.Vault.UpdateEncryptionAsync(request);
        if (updated.PreviousKeyVersion is null)
            return updated;
        await SyncAsync(vault, null, cancellation);
        return await vault.Vault.GetEncryptionAsync() with { JobId = updated.JobId };
    }

    /// <summary>Looks at the key now and returns when every item is wrapped by the version in force.</summary>
    /// <exception cref="VaultException">
    /// RotationBlocked, KeyVaultUnreachable, or a CMK code; nothing is lost, the rotation goes on when the cause is mended.
    /// </exception>
    public static async Task<RotationProgress> SyncAsync(
        NamedVault vault,
        Action<RotationProgress>? report = null,
        CancellationToken cancellation = default
    )
    {
        while (true)
        {
            var progress = await vault.Rotation.SyncAsync();
            report?.Invoke(progress);
            if (progress.Done)
                return progress;
            cancellation.ThrowIfCancellationRequested();
        }
    }
}

/// <summary>A vault found by name, and the grains that make it up.</summary>
/// <param name="VaultId">Its identity: whatever is called through this reaches this very vault, whoever bears its name later.</param>
/// <param name="Vault">Life cycle, identity, encryption, items.</param>
/// <param name="Jobs">Jobs.</param>
/// <param name="Activity">The activity log.</param>
/// <param name="Rotation">Key rotation.</param>
public sealed record NamedVault(
    VaultId VaultId,
    IVaultGrain Vault,
    IJobLedgerGrain Jobs,
    IActivityLogGrain Activity,
    IKeyRotationGrain Rotation
);
