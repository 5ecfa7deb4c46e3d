using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Rotation;

public sealed partial class KeyRotationGrain
{
    /// <summary>One call works on a pass no longer than this, far below the time callers wait for an answer.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    /// <summary>How often the vault hears how far a pass is.</summary>
    private static readonly TimeSpan NotePeriod = TimeSpan.FromSeconds(1);

    /// <summary>Items of the round under way that need not, or cannot now, be looked at again.</summary>
    private readonly HashSet<ItemId> _passed = [];
    private readonly Dictionary<ItemId, VaultException> _refused = [];
    private long _passGeneration;

    /// <summary>The pass with nobody there to hear why it stops.</summary>
    private async Task<RotationProgress> PassUnattendedAsync(VaultKeyContext keys)
    {
        try
        {
            return await PassAsync(keys);
        }
        catch (VaultException e)
        {
            LogRefusal(this.GetPrimaryKeyString(), e.Code, e.Message);
            return new RotationProgress(true, 0, null, "");
        }
    }

    /// <summary>One slice of the pass, told to whoever watches rotations.</summary>
    private async Task<RotationProgress> PassAsync(VaultKeyContext keys)
    {
        if (keys.PreviousKeyId is null)
        {
            RotationMeter.Forget(keys.VaultId);
            return Progress(keys, 0);
        }
        using var span = VaultTraces.Start("rvault.rotation.pass");
        try
        {
            var progress = await WorkAsync(keys);
            RotationMeter.Report(keys.VaultId, keys.KeySince, progress.ItemsRemaining, time);
            span?.SetTag("rvault.rotation.items_left", progress.ItemsRemaining);
            return progress;
        }
        catch (VaultException e)
        {
            var isBlocked = e.Code == ErrorCodes.RotationBlocked;
            RotationMeter.Halt(keys.VaultId, keys.KeySince, isBlocked ? RotationMeter.Blocked : RotationMeter.Waiting, time);
            span.Fail(e);
            throw;
        }
    }

    /// <summary>
    /// Works on the pass for one slice, through each item's grain, and finishes it when storage shows that nothing is left. An item that is
    /// refused does not keep the others from the new version.
    /// </summary>
    private async Task<RotationProgress> WorkAsync(VaultKeyContext keys)
    {
        keys = await Vault.EnsureRotationJobAsync();
        if (_passGeneration != keys.Generation)
            BeginRound();
        _passGeneration = keys.Generation;
        var started = time.GetTimestamp();
        var noted = started;
        var roster = await Vault.GetRosterAsync();
        foreach (var itemId in roster.Where(id => !_passed.Contains(id) && !_refused.ContainsKey(id)).ToList())
        {
            if (time.GetElapsedTime(started) > Slice)
                return Progress(keys, roster.Count - _passed.Count);
            await RewrapAsync(keys, itemId);
            if (time.GetElapsedTime(noted) > NotePeriod)
            {
                noted = time.GetTimestamp();
                await Vault.NotePassAsync(_passed.Count, roster.Count);
            }
        }
        var refusal = _refused.Values.FirstOrDefault();
        BeginRound();
        var remaining = await Vault.TryFinishAsync(keys.Generation);
        RotationMeter.Report(keys.VaultId, keys.KeySince, remaining.Count, time);
        if (refusal is not null && remaining.Count > 0)
            return await ReplaceTargetAsync(keys) is { } replaced
                ? Progress(replaced, remaining.Count)
                : throw Blocked(keys, refusal, remaining);
        return remaining.Count > 0 && remaining.Unreadable == remaining.Count
            ? throw Unreadable(keys, remaining)
            : Progress(keys, remaining.Count);
    }

    /// <summary>Another round would end as this one did: the next tick sees whether somebody has put it right.</summary>
    private static VaultException Unreadable(VaultKeyContext keys, RemainingItems remaining) =>
        Blocked(
            keys,
            new VaultException(
                ErrorCodes.DataBitRot,
                "They stand at the new version, but a key ring beside the one in force cannot be read, and which version it needs nobody can say.",
                "Run 'rvault store verify': it names the ring. Bring it back from a copy of the store, or remove it; the rotation goes on by itself."
            ),
            remaining
        );

    /// <summary>
    /// What somebody stored for a generation that was over, and died before it could clear it away: nobody needs it, but it would make a
    /// version look needed until the next rotation.
    /// </summary>
    private async Task ClearLeftoversAsync()
    {
        var itemIds = await Vault.ListLeftoversAsync();
        if (itemIds.Count == 0)
            return;
        var keys = await Vault.GetKeyContextAsync();
        foreach (var itemId in itemIds)
            await RewrapAsync(keys, itemId);
        BeginRound();
    }

    private void BeginRound()
    {
        _passed.Clear();
        _refused.Clear();
    }

    private static RotationProgress Progress(VaultKeyContext keys, int remaining) =>
        new(remaining == 0, remaining, keys.RotationJobId, KeyVersions.Bare(keys.KeyId));

    private async Task RewrapAsync(VaultKeyContext keys, ItemId itemId)
    {
        try
        {
            await GrainFactory.GetGrain<IItemKeys>(new ItemKey(keys.VaultId, itemId).ToString()).RewrapAsync(keys);
            _passed.Add(itemId);
            RotationMeter.Worked(isRefused: false);
        }
        catch (VaultException e) when (IsOfItem(e.Code))
        {
            _refused[itemId] = e;
            RotationMeter.Worked(isRefused: true);
        }
    }

    /// <summary>A refused key or a damaged ring is that item's; an outage is everybody's and ends the slice.</summary>
    private static bool IsOfItem(string code) =>
        code.StartsWith("UserErrorCMK", StringComparison.Ordinal)
        || code
            is ErrorCodes.WrongKey
                or ErrorCodes.WrongPlatformKey
                or ErrorCodes.DataMissing
                or ErrorCodes.DataBitRot
                or ErrorCodes.RecordTampered
                or ErrorCodes.DataTooNew;

    /// <summary>A target that is of no use any more gives way to a newer version, if there is one.</summary>
    private async Task<VaultKeyContext?> ReplaceTargetAsync(VaultKeyContext keys)
    {
        if (!keys.FollowsRotation || await FindReplacementAsync(keys) is not { } candidate)
            return null;
        var next = await Vault.AnnounceAsync(keys.Generation, candidate.Properties.Id.ToString(), candidate.PublicKeyThumbprint);
        return next.Generation == keys.Generation ? null : next;
    }

    /// <summary>Null also when the key vault refuses to say: then the refusal that blocks the pass is the one to report.</summary>
    private async Task<KeyVaultKey?> FindReplacementAsync(VaultKeyContext keys)
    {
        try
        {
            return await FindAsync(keys, RotationCandidate.Replace);
        }
        catch (VaultException)
        {
            return null;
        }
    }

    private static VaultException Blocked(VaultKeyContext keys, VaultException refusal, RemainingItems remaining) =>
        new(
            ErrorCodes.RotationBlocked,
            $"The rotation of vault '{keys.VaultName}' from {KeyVersions.Bare(keys.PreviousKeyId ?? "")} to {KeyVersions.Bare(keys.KeyId)} is blocked with {remaining}. {refusal.Code}: {refusal.Message}",
            refusal.Recommendation
        );
}
