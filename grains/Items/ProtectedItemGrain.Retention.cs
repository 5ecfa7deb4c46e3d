using System.Collections.Immutable;
using System.Globalization;
using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Retention;
using RecoveryVault.Vaults;

namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    private const string ExpireOperation = "ExpireRecoveryPoints";
    private const int MaxNamesLogged = 20;

    private (long Newest, RecordRef? Tombstones, ImmutableArray<RecoveryPointHead> Heads)? _available;

    /// <summary>What applies to the item: rules, or the reason why everything is kept.</summary>
    private sealed record Retaining(RetentionPolicy? Policy, string? WhyNone);

    public async Task FollowAsync(Guid operationId, string? policy)
    {
        await SettleAsync();
        if (Item.RequireSettings().Policy == policy)
            return;
        var former = await FormerOfAsync(Item.RequireSettings(), policy);
        var note = NoteOf(
            "SetItemPolicy",
            operationId,
            new("policy", policy ?? ""),
            new("before", Item.RequireSettings().Policy ?? ""),
            new("formerRulesUntil", former is null ? "" : Text(former.Until))
        ) with
        {
            EndsJob = false,
        };
        await UpdateAsync(_ =>
            Item.RequireSettings() is var settings && settings.Policy == policy
                ? Item
                : Item.Owe(note) with
                {
                    Settings = settings with { Policy = policy, Former = Item.Newest is null ? null : former },
                }
        );
        await SettleAsync(note);
    }

    /// <summary>
    /// What goes on keeping the recovery points there are when the item comes to follow a policy: whatever has kept them until now. Without
    /// any there is nothing to keep.
    /// </summary>
    private async Task<FormerRetention?> FormerOfAsync(ItemSettings settings, string? policy)
    {
        if (Item.Newest is null)
            return null;
        var vault = GrainFactory.GetGrain<IVaultPolicies>(Key.VaultId.ToString());
        var times = await _parts.Clocks.ReadAsync(Key.VaultId);
        var left = settings is { Policy: { } name, State: ProtectionState.Protected } ? await vault.FindPolicyAsync(name) : null;
        var held =
            left?.Former is { } before && before.Until > times.Earliest ? RetentionRules.Both(before.Rules, left.Rules) : left?.Rules;
        var next = policy is null ? null : (await vault.FindPolicyAsync(policy))?.Rules;
        var until = (await vault.GetSoftDeleteAsync()).EndOf(times.Earliest, times.Latest);
        return FormerRetention.Leave(settings.Former, held, next, times.Earliest, until);
    }

    public async Task<Page<ExpiryDecision>> PlanExpiryAsync(PageRequest page)
    {
        var before = page.After is { } after ? ParsePosition(after) : long.MaxValue;
        var count = Math.Clamp(page.Count, 1, PageRequest.MaxCount);
        var deletions = await RequireDeletionsAsync();
        var times = await _parts.Clocks.ForeseeAsync(Key.VaultId);
        var (heads, decisions) = await DecideAsync(deletions, await FindRetainingAsync(), times);
        List<ExpiryDecision> shown =
        [
            .. heads
                .Zip(
                    decisions,
                    (head, decision) => new ExpiryDecision(head.Name, head.Seq, head.Time, head.Statistics.SizeBytes, decision.Reasons)
                )
                .Where(d => d.Seq < before)
                .Take(count),
        ];
        return new Page<ExpiryDecision>(shown, shown.Count == count ? shown[^1].Seq.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>What the policy keeps no longer is deleted as by hand: 14 days to notice a policy that was wrong.</summary>
    public async Task<ExpiryOutcome> ExpireAsync(ExpireRecoveryPoints request)
    {
        await RequireLiveVaultAsync();
        await SettleAsync();
        var deletions = await RequireDeletionsAsync();
        var retaining = await FindRetainingAsync();
        if (deletions.SoftDeleted.FirstOrDefault(d => d.OperationId == request.OperationId) is { } done)
            return new(retaining.Policy?.Name, null, done.Points.Length, Item.AvailableCount(deletions), done.PurgeAfter, null, false);
        if (retaining.Policy is not { } policy)
            return new(null, retaining.WhyNone, 0, Item.AvailableCount(deletions), null, null, false);
        var times = await _parts.Clocks.ReadAsync(Key.VaultId);
        var (heads, decisions) = await DecideAsync(deletions, retaining, times);
        // The oldest first, as many as can be noted.
        var due = heads.Zip(decisions).Where(p => p.Second.Expires).Select(p => p.First).Reverse().ToList();
        var taken = due.Take(deletions.Room()).ToList();
        if (taken.Count == 0)
            return new(policy.Name, null, 0, heads.Length, null, null, due.Count > 0);
        var deletion = await DeletionOfAsync(request.OperationId, $"policy {policy.Name}", times, taken);
        var jobId = await ExpireAsync(policy, deletion, taken);
        return new(policy.Name, null, taken.Count, heads.Length - taken.Count, deletion.PurgeAfter, jobId, due.Count > taken.Count);
    }

    private async Task<Guid> ExpireAsync(RetentionPolicy policy, Deletion deletion, List<RecoveryPointHead> heads)
    {
        var jobId = await Journal.StartAsync(Key.VaultId, JobOperations.ExpireRecoveryPoints, Item.RequireSettings().Name);
        var names = string.Join(" ", heads.Take(MaxNamesLogged).Select(h => h.Name));
        await Journal.FailOnRefusalAsync(Key.VaultId, jobId, ExpireOperation, RequireOpenableAsync);
        var note = NoteOf(
            ExpireOperation,
            jobId,
            new("policy", policy.Name),
            new("count", $"{heads.Count}"),
            new("recoveryPoints", heads.Count > MaxNamesLogged ? $"{names} ..." : names),
            new("purgeAfter", Text(deletion.PurgeAfter))
        );
        await ChangeDeletionsAsync(
            note,
            (item, current) =>
            {
                var next = current.Delete(deletion);
                // Somebody else deleted the newest meanwhile: then it was not this point's newer one that stays.
                return item.AvailableCount(next) > 0
                    ? next
                    : throw new VaultException(
                        ErrorCodes.ConcurrentChange,
                        "Recovery points were deleted while it was decided which expire."
                    );
            }
        );
        return jobId;
    }

    /// <summary>
    /// While the key is revoked nothing expires: what is deleted by itself then, nobody could have looked at before. The keys are not kept.
    /// </summary>
    private async Task<bool> RequireOpenableAsync()
    {
        (await OpenSecretsAsync(await Vault.GetKeyContextAsync())).Dispose();
        return true;
    }

    private async Task<Retaining> FindRetainingAsync()
    {
        var settings = Item.RequireSettings();
        if (settings.Policy is not { } name)
            return new(null, "no policy");
        if (settings.State != ProtectionState.Protected)
            return new(null, "protection is stopped");
        var policy = await GrainFactory.GetGrain<IVaultPolicies>(Key.VaultId.ToString()).FindPolicyAsync(name);
        return policy is null ? new(null, $"policy {name} does not exist") : new(policy, null);
    }

    private async Task<(ImmutableArray<RecoveryPointHead> Heads, ImmutableArray<RetentionDecision> Decisions)> DecideAsync(
        Deletions deletions,
        Retaining retaining,
        TrustedTime times
    )
    {
        var heads = await FindAvailableAsync(deletions);
        var points = heads.Select(h => new RetentionPoint(h.Seq, h.Time, h.RetainUntil)).ToList();
        if (retaining.Policy is not { } policy)
            return (heads, [.. points.Select(p => new RetentionDecision(p, [retaining.WhyNone ?? ""]))]);
        var formers = new[] { policy.Former, Item.RequireSettings().Former }.OfType<FormerRetention>().Where(f => f.Until > times.Earliest);
        return (heads, RetentionPlan.Of(points, policy.Rules, formers, times.Now, _restores.Values.Select(r => r.Seq).ToHashSet()));
    }

    /// <summary>All that are available, newest first; kept for the pages that follow.</summary>
    private async Task<ImmutableArray<RecoveryPointHead>> FindAvailableAsync(Deletions deletions)
    {
        var item = Item;
        var newest = item.Newest?.Seq ?? 0;
        if (_available is { } known && known.Newest == newest && known.Tombstones == item.Tombstones)
            return known.Heads;
        var heads = ImmutableArray.CreateBuilder<RecoveryPointHead>();
        await foreach (var head in _parts.RecoveryPoints.ListAsync(item, long.MaxValue, deletions))
        {
            if (!deletions.IsSoftDeleted(head.Seq))
                heads.Add(head);
        }
        _available = (newest, item.Tombstones, heads.ToImmutable());
        return _available.Value.Heads;
    }

    private DateTimeOffset? RequireRetention(DateTimeOffset? until)
    {
        if (until is not { } time)
            return null;
        return time > Journal.Now && time - Journal.Now <= BeginBackup.MaxRetention
            ? time.ToUniversalTime()
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"A recovery point is kept until a time in the future, and at most 100 years away, not {Text(time)}."
            );
    }

    private static long ParsePosition(string after) =>
        long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? seq
            : throw new VaultException(ErrorCodes.InvalidRequest, $"'{after}' is no position in a list of recovery points.");
}
