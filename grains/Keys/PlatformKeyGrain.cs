using Microsoft.Extensions.Logging;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Rotation;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Vaults;

namespace RecoveryVault.Keys;

/// <summary>
/// Puts another platform key in force and goes through everything that older ones sealed and that can be renewed. What to do follows from
/// keyring and store each time, so whoever dies in the middle is followed by the next call.
/// </summary>
[GrainType("platform-key")]
public sealed partial class PlatformKeyGrain(
    IBlobStore store,
    PlatformKeyring keyring,
    RecordRenewal renewal,
    ISiloStatusOracle silos,
    TimeProvider time,
    ILogger<PlatformKeyGrain> logger
) : Grain, IPlatformKeyGrain
{
    /// <summary>One call works no longer than this, far below the time callers wait for an answer.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, PlatformKeyRefusal> _refused = new(StringComparer.Ordinal);
    private IAsyncEnumerator<int>? _rollout;
    private long _renewed;
    private int _vaults;
    private int _vaultsDone;

    public async Task<PlatformKeyProgress> RotateAsync()
    {
        // A silo that has not read the new key could not read what the others write.
        if (silos.GetApproximateSiloStatuses(onlyActive: true).Count > 1)
            throw new VaultException(
                ErrorCodes.OtherSilosActive,
                "The platform key is rotated with one silo running, and there are others."
            );
        var begun = await PlatformKeyRotation.BeginAsync(store, keyring, time);
        await ForgetAsync();
        return Progress(begun, isDone: false);
    }

    public async Task<PlatformKeyProgress> ContinueAsync()
    {
        if (!keyring.IsRollingOut)
            return Progress(keyring.CurrentId, isDone: true);
        _rollout ??= RollOutAsync().GetAsyncEnumerator();
        try
        {
            for (var started = time.GetTimestamp(); time.GetElapsedTime(started) < Slice; )
            {
                if (!await _rollout.MoveNextAsync())
                {
                    await keyring.EndRolloutAsync();
                    var progress = Progress(keyring.CurrentId, isDone: true);
                    await ForgetAsync();
                    return progress;
                }
                _renewed += _rollout.Current;
            }
            return Progress(keyring.CurrentId, isDone: false);
        }
        catch
        {
            // The next call begins anew, and finds what is done done.
            await ForgetAsync();
            throw;
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await ForgetAsync();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private PlatformKeyProgress Progress(uint keyId, bool isDone) =>
        new(isDone, keyId, _vaults - _vaultsDone, _renewed, [.. _refused.Values.Take(PlatformKeyProgress.MaxRefused)]);

    private async Task ForgetAsync()
    {
        if (_rollout is { } rollout)
            await rollout.DisposeAsync();
        _rollout = null;
        (_renewed, _vaults, _vaultsDone) = (0, 0, 0);
        _refused.Clear();
    }

    /// <summary>Small steps, each with the number of records it renewed.</summary>
    private async IAsyncEnumerable<int> RollOutAsync()
    {
        List<VaultId> vaults = [];
        await foreach (var blob in store.ListAllAsync(GrainRecords.AllVaultBlobs))
            if (GrainRecords.TryVaultOf(blob.Name, out var vaultId))
                vaults.Add(vaultId);
        _vaults = vaults.Count;
        foreach (var vaultId in vaults)
        {
            var key = vaultId.ToString();
            var vault = GrainFactory.GetGrain<IVaultKeys>(key);
            if (await IsPassDueAsync(vault, key))
                while (!await PassAsync(key))
                    yield return 0;
            yield return await CountAsync(key, vault.RenewRecordsAsync);
            foreach (var itemId in await ItemsAsync(vault, key))
            {
                var item = new ItemKey(vaultId, itemId);
                yield return await CountAsync(item.ToString(), GrainFactory.GetGrain<IItemKeys>(item.ToString()).RenewRecordsAsync);
                await foreach (var renewed in renewal.RenewAsync($"{ItemBlobs.Heads(itemId)}/"))
                    yield return renewed;
            }
            foreach (var folder in (string[])[$"log/{key}/", $"checkpoints/{key}/"])
            await foreach (var renewed in renewal.RenewAsync(folder))
                yield return renewed;
            _vaultsDone++;
        }
    }

    private async Task<bool> IsPassDueAsync(IVaultKeys vault, string key)
    {
        var isDue = false;
        await TryAsync(key, async () => isDue = await vault.AnnouncePlatformKeyAsync());
        return isDue;
    }

    /// <summary>True when the pass is over, or refused.</summary>
    private async Task<bool> PassAsync(string key)
    {
        var isDone = true;
        await TryAsync(key, async () => isDone = (await GrainFactory.GetGrain<IKeyRotationGrain>(key).SyncAsync()).Done);
        return isDone;
    }

    private async Task<IReadOnlyList<ItemId>> ItemsAsync(IVaultKeys vault, string key)
    {
        IReadOnlyList<ItemId> items = [];
        await TryAsync(key, async () => items = await vault.ListAllItemsAsync());
        return items;
    }

    private async Task<int> CountAsync(string what, Func<Task<int>> renew)
    {
        var count = 0;
        await TryAsync(what, async () => count = await renew());
        return count;
    }

    /// <summary>A vault or item that is damaged keeps its old key, and keeps no other from the new one; an outage ends the round.</summary>
    private async Task TryAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (VaultException e) when (IsItsOwn(e.Code))
        {
            _refused[what] = new PlatformKeyRefusal(what, e.Code, e.Message);
            LogRefusal(what, e.Code, e.Message);
        }
    }

    private static bool IsItsOwn(string code) =>
        code.StartsWith("UserErrorCMK", StringComparison.Ordinal)
        || code
            is ErrorCodes.WrongKey
                or ErrorCodes.WrongPlatformKey
                or ErrorCodes.DataMissing
                or ErrorCodes.DataBitRot
                or ErrorCodes.DataTooNew
                or ErrorCodes.RecordTampered
                or ErrorCodes.RotationBlocked
                or ErrorCodes.VaultNotFound;

    [LoggerMessage(1102, LogLevel.Warning, "The platform key of {What} cannot be renewed: {Code}: {Reason}")]
    private partial void LogRefusal(string what, string code, string reason);
}
