using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;

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

    /// <summary>How often the same was left by a round in which every item said that it was done.</summary>
    private (string Left, int Rounds) _fruitless = ("", 0);

    /// <summary>Another activation, or an item that has just been enrolled, may be in the way once or twice.</summary>
    private const int MaxFruitless = 3;

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

    /// <summary>
    /// Works on the pass for one slice, through each item's grain, and finishes it when storage shows that nothing is left. An item that is
    /// refused does not keep the others from the new version.
    /// </summary>
    private async Task<RotationProgress> PassAsync(VaultKeyContext keys)
    {
        if (keys.PreviousKeyId is null)
            return Progress(keys, 0);
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
        if (refusal is not null && remaining.Count > 0)
            return await ReplaceTargetAsync(keys) is { } replaced
                ? Progress(replaced, remaining.Count)
                : throw Blocked(keys, refusal, remaining);
        RequireFruit(keys, remaining);
        return Progress(keys, remaining.Count);
    }

    /// <summary>
    /// What nobody can read, and no item clears away because it lies after the ring in force, keeps the pass open: the next tick sees
    /// whether it is still there.
    /// </summary>
    private void RequireFruit(VaultKeyContext keys, RemainingItems remaining)
    {
        var left = remaining.ToString();
        _fruitless = (left, remaining.Count > 0 && left == _fruitless.Left ? _fruitless.Rounds + 1 : 1);
        if (remaining.Count == 0 || _fruitless.Rounds < MaxFruitless)
            return;
        _fruitless = ("", 0);
        var unreadable = new VaultException(
            ErrorCodes.DataBitRot,
            "They stand at the new version, but a key ring beside the one in force cannot be read, and which version it needs nobody can say.",
            "Run 'rvault store verify': it names the ring. Bring it back from a copy of the store, or remove it; the rotation goes on by itself."
        );
        throw Blocked(keys, unreadable, remaining);
    }

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
        }
        catch (VaultException e) when (IsOfItem(e.Code))
        {
            _refused[itemId] = e;
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
