using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private async Task TakeAsync(Step step)
    {
        if (step.Operation is Operation.StoreFault or Operation.CrashAtStore)
        {
            _armed = step;
            return;
        }
        var armed = IsOfTheVault(step.Operation) ? _armed : null;
        if (armed is not null)
        {
            _armed = null;
            _isDeadly = armed.Operation == Operation.CrashAtStore;
            Arm(armed);
        }
        var before = Keys.AreAllHealthy ? null : await ListDataAsync();
        _keyCode = null;
        await (TakeOfItem(step) ?? TakeOfPoints(step) ?? TakeOfKey(step) ?? TakeOfPlace(step));
        if (before is not null && _keyCode is { } code)
            Invariants.I9_NoDestructionOnDoubt(before, await ListDataAsync(), code);
        if (armed is not null)
            await DisarmAsync(armed);
        if (_toObserve is { } item)
            await ObserveAsync(item);
        _toObserve = null;
        _isDeadly = false;
    }

    /// <summary>All that must be there for points to be restored.</summary>
    private async Task<HashSet<string>> ListDataAsync()
    {
        HashSet<string> names = [];
        foreach (var folder in (string[])["packs/", "manifests/", "heads/", "descriptors/"])
        await foreach (var blob in cluster.Blobs.ListAllAsync(folder))
            names.Add(blob.Name);
        return names;
    }

    /// <summary>Whether a fault of the store can hit it: what the test itself does must succeed.</summary>
    private static bool IsOfTheVault(Operation operation) =>
        operation
            is <= Operation.Sync
                or Operation.AssignOtherKeyVault
                or Operation.PinOrFollow
                and not (Operation.BackUpStart or Operation.BackUpChunk or Operation.BackUpTwice);

    private Task? TakeOfItem(Step step)
    {
        var (item, client) = (ItemOf(step), ClientOf(step));
        return step.Operation switch
        {
            Operation.BackUp => BackUpAsync(item, client, retain: null),
            Operation.BackUpRetained => BackUpAsync(item, client, Now.AddDays(1 + (step.B % 20))),
            Operation.BackUpStart => StartBackUpAsync(item, client),
            Operation.BackUpChunk => ReleaseHalfAsync(item),
            Operation.BackUpCommit => FinishBackUpAsync(item),
            Operation.BackUpTwice => BackUpTwiceAsync(item),
            Operation.DeleteItem => DeleteItemAsync(item, client),
            Operation.UndeleteItem => UndeleteItemAsync(item, client),
            Operation.Protect => ProtectAsync((step.B & 3) == 0 ? "c" : item.Name),
            Operation.StopProtection => StopProtectionAsync(item, client),
            Operation.AssignPolicy => AssignPolicyAsync(item, follows: (step.B & 3) != 0),
            Operation.Expire => ExpireAsync(item, client),
            Operation.Reclaim => ReclaimAsync(item, client),
            Operation.Deactivate => (step.B & 1) == 0 ? DeactivateAsync(item) : DeactivateAsync(),
            _ => null,
        };
    }

    private Task? TakeOfPoints(Step step)
    {
        var (item, client) = (ItemOf(step), ClientOf(step));
        if (
            step.Operation
            is not (Operation.Restore or Operation.Verify or Operation.DeletePoint or Operation.UndeletePoint or Operation.Tamper)
        )
            return null;
        if (PointOf(item, step) is not { } point)
            return Task.CompletedTask;
        return step.Operation switch
        {
            Operation.Restore => RestoreAsync(item, point, client),
            Operation.Verify => VerifyAsync(item, point, client),
            Operation.DeletePoint => DeletePointAsync(item, point, client),
            Operation.UndeletePoint => UndeletePointAsync(item, point, client),
            _ => TamperAsync(item, step),
        };
    }

    private Task? TakeOfKey(Step step) =>
        step.Operation switch
        {
            Operation.ReminderTick => TickAsync(step),
            Operation.Sync => SyncAsync(ClientOf(step)),
            Operation.ListKeyVersions => ListKeyVersionsAsync(),
            Operation.AssignOtherKeyVault => AssignOtherKeyVaultAsync(),
            Operation.PinOrFollow => PinOrFollowAsync(),
            Operation.KvRotate => NewVersionAsync(Key),
            Operation.KvDisableSafe => DisableSafeAsync(step),
            Operation.KvDisable => DisableAsync(step),
            Operation.KvEnable => EnableAsync(step),
            Operation.KvDeleteKey => DeleteKeyAsync(),
            Operation.KvRecover => RecoverAsync(),
            Operation.KvPurge => PurgeKeyAsync(),
            Operation.KvRevokePermission => GrantAsync(Key, granted: false),
            Operation.KvGrantPermission => GrantAsync(Key, granted: true),
            Operation.KvOutage => BeginOutageAsync(step),
            _ => null,
        };

    private Task TakeOfPlace(Step step) =>
        step.Operation switch
        {
            Operation.Advance => AdvanceAsync(Hours[step.A % Hours.Length]),
            Operation.AdvanceDays => AdvanceAsync(Days[step.A % Days.Length]),
            Operation.SkewClock => SkewAsync(step),
            Operation.RestoreOldRecord => RestoreOldRecordAsync(ItemOf(step), step),
            Operation.RestoreOldStorageSnapshot => RestoreOldStorageAsync(step),
            Operation.DuplicateActivation => DuplicateAsync(step),
            Operation.KillSilo => KillSiloAsync(step),
            Operation.DirtyReboot => RebootAsync(),
            Operation.LoseRecords => LoseRecordsAsync(step),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step.Operation, "Nobody takes this step."),
        };

    private static readonly TimeSpan[] Hours =
    [
        TimeSpan.FromSeconds(20),
        TimeSpan.FromMinutes(4),
        TimeSpan.FromMinutes(11),
        TimeSpan.FromMinutes(16),
        TimeSpan.FromMinutes(65),
    ];

    private static readonly TimeSpan[] Days = [TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(15)];
}
