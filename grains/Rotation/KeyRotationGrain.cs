using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rotation;

/// <summary>
/// Drives a vault's key rotation. Keeps nothing of its own: what to do follows from the vault's record each time, so a
/// tick may come twice, late or on two silos.
/// </summary>
[GrainType("key-rotation")]
public sealed partial class KeyRotationGrain(
    KeyVaultConnector keyVaults,
    PassTurns turns,
    Journal journal,
    TimeProvider time,
    ILogger<KeyRotationGrain> logger
) : Grain, IKeyRotationGrain, IRotationSchedule, IRemindable, IIncomingGrainCallFilter
{
    private const string ReminderName = "poll";

    /// <summary>Known once the vault has answered: there is no log of a vault that does not exist.</summary>
    private VaultId? _vaultId;

    private IGrainTimer? _later;

    private IVaultKeys Vault => GrainFactory.GetGrain<IVaultKeys>(this.GetPrimaryKeyString());

    public Task Invoke(IIncomingGrainCallContext context) => RefusedAttempts.InvokeAsync(context, journal, () => _vaultId);

    public async Task<RotationProgress> SyncAsync()
    {
        var before = await Vault.GetKeyContextAsync();
        _vaultId = before.VaultId;
        var finished = await PassAsync(before);
        if (!finished.Done)
            return finished;
        // Only now: one target at a time, but the caller wants the newest in the end.
        var keys = await PollAsync(await Vault.GetKeyContextAsync());
        var progress = await PassAsync(keys);
        if (progress.Done)
            await ClearLeftoversAsync();
        var isNews = before.PreviousKeyId is not null || keys.Generation != before.Generation;
        return isNews ? progress : progress with { JobId = null };
    }

    public async Task EnsureAsync()
    {
        if (await this.GetReminder(ReminderName) is null)
        {
            await this.RegisterOrUpdateReminder(ReminderName, PollRules.FirstTick(Chance()), PollRules.TickPeriod(Chance()));
        }
        await ReconcileAsync(PollRules.IsDue);
    }

    private static double Chance() => RandomNumberGenerator.GetInt32(1001) / 1000.0;

    public async Task EnsurePolledAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        if (keys.PreviousKeyId is null && PollRules.IsDue(keys.LastPolledAt, time.GetUtcNow()))
            keys = await PollUnlessRecentAsync(keys);
        if (keys.PreviousKeyId is not null)
            await this.AsReference<IRotationSchedule>().ContinueAsync();
    }

    public async Task ContinueAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        if (keys.PreviousKeyId is null)
            return;
        using (var turn = await turns.TryTakeAsync(HostOf(keys.KeyId)))
        {
            if (turn is null)
            {
                ContinueLater();
                return;
            }
            if ((await PassUnattendedAsync(keys)).Done)
                return;
        }
        await this.AsReference<IRotationSchedule>().ContinueAsync();
    }

    private static string HostOf(string keyId) => KeyVersions.IsPlatform(keyId) ? "" : KeyId.Parse(keyId).Host;

    /// <summary>Many rotate at once, and it was not this vault's turn: not all of them ask again at the same time.</summary>
    private void ContinueLater() =>
        _later ??= this.RegisterGrainTimer(
            async () =>
            {
                _later?.Dispose();
                _later = null;
                await this.AsReference<IRotationSchedule>().ContinueAsync();
            },
            new GrainTimerCreationOptions(TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(10, 31)), Timeout.InfiniteTimeSpan)
            {
                KeepAlive = true,
            }
        );

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await ReconcileAsync(PollRules.IsDueAtTick);
        await Vault.CheckKeyAsync();
    }

    /// <summary>
    /// A pass under way goes on, otherwise the key is looked at when that is due. A refusal is no fault of the silo: the next tick tries
    /// again, and jobs hear of it when they start.
    /// </summary>
    private async Task ReconcileAsync(Func<DateTimeOffset?, DateTimeOffset, bool> isDue)
    {
        try
        {
            var before = await Vault.GetKeyContextAsync();
            var keys = before;
            if (before.PreviousKeyId is null && isDue(before.LastPolledAt, time.GetUtcNow()))
                keys = await PollAsync(before);
            if (keys.PreviousKeyId is not null)
                await this.AsReference<IRotationSchedule>().ContinueAsync();
            else if (SweepRules.IsDue(before, time.GetUtcNow()))
                await ClearLeftoversAsync();
            if (keys is { FollowsRotation: false, PreviousKeyId: null })
                await UnregisterAsync();
        }
        catch (VaultException e) when (e.Code == ErrorCodes.VaultNotFound)
        {
            await UnregisterAsync();
        }
        catch (VaultException e)
        {
            LogRefusal(this.GetPrimaryKeyString(), e.Code, e.Message);
        }
    }

    private async Task UnregisterAsync()
    {
        if (await this.GetReminder(ReminderName) is { } reminder)
            await this.UnregisterReminder(reminder);
    }

    /// <summary>An outage is not a revocation: within the hour the last look still counts.</summary>
    private async Task<VaultKeyContext> PollUnlessRecentAsync(VaultKeyContext keys)
    {
        try
        {
            return await PollAsync(keys);
        }
        catch (VaultException e) when (e.Code == ErrorCodes.KeyVaultUnreachable && !PollRules.IsTooOld(keys.LastPolledAt, time.GetUtcNow()))
        {
            return keys;
        }
    }

    /// <summary>Looks for a newer version and announces it after a canary was wrapped and unwrapped with it.</summary>
    private async Task<VaultKeyContext> PollAsync(VaultKeyContext keys)
    {
        if (!keys.FollowsRotation || keys.PrincipalId is null || keys.PreviousKeyId is not null)
            return keys;
        if (await FindAsync(keys, RotationCandidate.Choose) is { } candidate)
            return await Vault.AnnounceAsync(keys.Generation, candidate.Properties.Id.ToString(), candidate.PublicKeyThumbprint);
        await Vault.NotePollAsync();
        return await Vault.GetKeyContextAsync();
    }

    /// <summary>A version that proves itself by wrapping and unwrapping; null when there is none to change to.</summary>
    private async Task<KeyVaultKey?> FindAsync(
        VaultKeyContext keys,
        Func<string, IReadOnlyList<KeyProperties>, DateTimeOffset, KeyProperties?> choose
    )
    {
        var current = KeyId.Parse(keys.KeyId);
        var keyVault = keyVaults.Open(current, keys.PrincipalId ?? "");
        try
        {
            if (choose(keys.KeyId, await keyVault.ListVersionsAsync(current.Name), time.GetUtcNow()) is not { } candidate)
                return null;
            return Canary.Judge(await KeyFacts.GatherAsync(keyVault, candidate.Id));
        }
        catch (KeyVaultException fault)
        {
            // Items learn of it here as if one of them had been denied: what they have in memory counts no more.
            if (fault.Verdict == KeyVaultVerdict.Denied)
                await Journal.BestEffortAsync(() => Vault.NoteKeyAnswerAsync(isDenied: true));
            throw KeyVaultRefusals.ToVaultException(fault, $"Looking for a newer version of {current.Versionless} failed");
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "The key rotation of vault {VaultId} waits: {Code}: {Reason}")]
    private partial void LogRefusal(string vaultId, string code, string reason);
}
