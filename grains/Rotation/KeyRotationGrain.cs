using System.Security.Cryptography;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rotation;

/// <summary>
/// Drives a vault's key rotation. Keeps nothing of its own: what to do follows from the vault's record each time, so a
/// tick may come twice, late or on two silos.
/// </summary>
[GrainType("key-rotation")]
public sealed class KeyRotationGrain(KeyVaultConnector keyVaults, TimeProvider time)
    : Grain,
        IKeyRotationGrain,
        IRotationSchedule,
        IRemindable
{
    private const string ReminderName = "poll";

    /// <summary>
    /// How often a versionless key is looked at (± a fifth, so that vaults spread out); the hour of the
    /// promise holds even when three looks fail.
    /// </summary>
    public static readonly TimeSpan PollPeriod = TimeSpan.FromMinutes(15);

    /// <summary>No job starts when the last look is older.</summary>
    public static readonly TimeSpan MaxPollAge = TimeSpan.FromHours(1);

    /// <summary>One call works on a pass no longer than this, far below the time callers wait for an answer.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    private readonly HashSet<ItemId> _passed = [];
    private long _passGeneration;

    private IVaultKeys Vault => GrainFactory.GetGrain<IVaultKeys>(this.GetPrimaryKeyString());

    public async Task<RotationProgress> SyncAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        if (keys.PreviousKeyId is null)
            keys = await PollAsync(keys);
        return await PassAsync(keys);
    }

    public async Task EnsureAsync()
    {
        var jitter = TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(-180, 181));
        if (await this.GetReminder(ReminderName) is null)
            await this.RegisterOrUpdateReminder(ReminderName, PollPeriod + jitter, PollPeriod + jitter);
    }

    public async Task EnsurePolledAsync()
    {
        var keys = await Vault.GetKeyContextAsync();
        var age = keys.LastPolledAt is { } polled ? time.GetUtcNow() - polled : TimeSpan.MaxValue;
        if (keys.PreviousKeyId is null && keys.FollowsRotation && age >= PollPeriod)
        {
            try
            {
                keys = await PollAsync(keys);
            }
            catch (VaultException e) when (e.Code == ErrorCodes.KeyVaultUnreachable && age < MaxPollAge)
            {
                // An outage is not a revocation: the last look still counts.
            }
        }
        if (keys.PreviousKeyId is not null)
            await this.AsReference<IRotationSchedule>().ContinueAsync();
    }

    public async Task ContinueAsync()
    {
        var progress = await PassAsync(await Vault.GetKeyContextAsync());
        if (!progress.Done)
            await this.AsReference<IRotationSchedule>().ContinueAsync();
    }

    /// <summary>
    /// Reconciles: a pass under way goes on, otherwise the key is looked at when that is due. A refusal is no fault
    /// of the silo: the next tick tries again.
    /// </summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        try
        {
            await EnsurePolledAsync();
        }
        catch (VaultException e) when (e.Code == ErrorCodes.VaultNotFound)
        {
            if (await this.GetReminder(ReminderName) is { } reminder)
                await this.UnregisterReminder(reminder);
        }
    }

    /// <summary>Looks for a newer version and announces it after a canary was wrapped and unwrapped with it.</summary>
    private async Task<VaultKeyContext> PollAsync(VaultKeyContext keys)
    {
        if (!keys.FollowsRotation || keys.PrincipalId is not { } principal)
            return keys;
        var current = KeyId.Parse(keys.KeyId);
        var keyVault = keyVaults.Open(current, principal);
        try
        {
            var versions = await keyVault.ListVersionsAsync(current.Name);
            if (RotationCandidate.Choose(keys.KeyId, versions, time.GetUtcNow()) is { } candidate)
            {
                var facts = await KeyFacts.GatherAsync(keyVault, candidate.Id);
                if (facts.Faults.FirstOrDefault(f => f.Verdict == KeyVaultVerdict.Unreachable) is { } outage)
                    throw outage;
                if (facts.Key is { } key && !facts.Faults.Any())
                    return await Vault.AnnounceAsync(keys.Generation, candidate.Id.ToString(), key.PublicKeyThumbprint);
            }
        }
        catch (KeyVaultException fault)
        {
            throw KeyVaultRefusals.ToVaultException(fault, $"Looking for a newer version of {current.Versionless} failed");
        }
        await Vault.NotePollAsync();
        return await Vault.GetKeyContextAsync();
    }

    /// <summary>
    /// Works on the pass for one slice, through each item's grain, and finishes it when storage shows that nothing is left.
    /// </summary>
    private async Task<RotationProgress> PassAsync(VaultKeyContext keys)
    {
        if (keys.PreviousKeyId is null)
            return new RotationProgress(true, 0, keys.RotationJobId, KeyVersions.Bare(keys.KeyId));
        keys = await Vault.EnsureRotationJobAsync();
        if (_passGeneration != keys.Generation)
            _passed.Clear();
        _passGeneration = keys.Generation;
        var started = time.GetTimestamp();
        var roster = await Vault.GetRosterAsync();
        foreach (var itemId in roster.Where(id => !_passed.Contains(id)).ToList())
        {
            if (time.GetElapsedTime(started) > Slice)
                return Progress(keys, roster.Count - _passed.Count);
            await RewrapAsync(keys, itemId, roster.Count - _passed.Count);
            _passed.Add(itemId);
        }
        var remaining = await Vault.TryFinishAsync(keys.Generation);
        if (remaining > 0)
            _passed.Clear();
        return Progress(keys, remaining);
    }

    private static RotationProgress Progress(VaultKeyContext keys, int remaining) =>
        new(remaining == 0, remaining, keys.RotationJobId, KeyVersions.Bare(keys.KeyId));

    private async Task RewrapAsync(VaultKeyContext keys, ItemId itemId, int remaining)
    {
        try
        {
            await GrainFactory.GetGrain<IItemKeys>(new ItemKey(keys.VaultId, itemId).ToString()).RewrapAsync(keys);
        }
        catch (VaultException e) when (e.Code.StartsWith("UserErrorCMK", StringComparison.Ordinal))
        {
            throw new VaultException(
                ErrorCodes.RotationBlocked,
                $"The rotation of vault '{keys.VaultName}' from {KeyVersions.Bare(keys.PreviousKeyId ?? "")} to {KeyVersions.Bare(keys.KeyId)} is blocked with {remaining} item(s) left: {e.Code}: {e.Message}",
                e.Recommendation
            );
        }
    }
}
