using RecoveryVault.Clocks;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Reclaim;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private async Task ProtectAsync(string name)
    {
        var item = Items.GetValueOrDefault(name);
        var before = item is null ? null : await LookAsync(item);
        var outcome = await Outcome.OfAsync(() => VaultClient.ProtectAsync(Vault, name, Source));
        // An item that is had back keeps its keys, so no key vault is asked.
        var expected = item is null ? await ForNewItemAsync() : new Expectation();
        expected
            .When(Knows(item, ProtectionState.Protected), Is(item, ProtectionState.Protected), ErrorCodes.ItemAlreadyProtected)
            .When(Knows(item, ProtectionState.SoftDeleted), Is(item, ProtectionState.SoftDeleted), ErrorCodes.ItemSoftDeleted);
        Judge($"Protecting '{name}'", outcome, expected);
        if (outcome.IsSuccess || (IsLoose && outcome.Code != ErrorCodes.ItemAlreadyProtected))
            Owe("ProtectItem", name, isCertain: outcome.IsSuccess && before?.Current != null && !IsLoose);
        if (outcome.IsSuccess && item is null)
            Items[name] = new ItemLedger(name, new ItemKey(VaultId, await Vault.Vault.FindItemAsync(name)));
        if (item is not null)
            Note(item, outcome, ProtectionState.ProtectionStopped, ProtectionState.Protected);
    }

    /// <summary>The first keys are wrapped by the version in force.</summary>
    private async Task<Expectation> ForNewItemAsync()
    {
        var expected = new Expectation();
        var encryption = (await ReadVaultAsync()).Settings.Encryption;
        foreach (var version in new[] { VersionOf(encryption.Current.KeyId), VersionOf(encryption.Previous?.KeyId) })
            if (version is not null && Keys.CodeOf(version) is { } code)
                expected.May(code);
        // One that was begun and failed may have been completed by somebody's retry.
        return _isDuplicated ? expected.May(ErrorCodes.ItemAlreadyProtected) : expected;
    }

    private static bool Knows(ItemLedger? item, ProtectionState state) => item?.States.Contains(state) is true;

    private static bool Is(ItemLedger? item, ProtectionState state) => Knows(item, state) && item!.States.Count == 1;

    /// <summary>An item's state goes from one to another, or may have.</summary>
    private void Note(ItemLedger item, Outcome outcome, ProtectionState from, ProtectionState to)
    {
        if (!item.States.Contains(from) || !(outcome.IsSuccess || IsLoose))
            return;
        item.States.Add(to);
        if (outcome.IsSuccess && !IsLoose)
            item.States.Remove(from);
    }

    private async Task StopProtectionAsync(ItemLedger item, VaultClient client)
    {
        var outcome = await Outcome.OfAsync(() => client.OpenItem(item.Key).DisableAsync(new(Guid.NewGuid(), "model")));
        Judge($"Stopping '{item.Name}'", outcome, new Expectation());
        if (Knows(item, ProtectionState.Protected))
            Owe("DisableProtection", item.Name, outcome.IsSuccess && Is(item, ProtectionState.Protected) && !IsLoose);
        Note(item, outcome, ProtectionState.Protected, ProtectionState.ProtectionStopped);
    }

    private async Task DeleteItemAsync(ItemLedger item, VaultClient client)
    {
        var outcome = await Outcome.OfAsync(() => client.OpenItem(item.Key).DeleteAsync(new DeleteItem(Guid.NewGuid(), "model")));
        var isNew = item.States.Any(s => s != ProtectionState.SoftDeleted);
        var isSurelyNew = !item.States.Contains(ProtectionState.SoftDeleted);
        var kept = item.Points.Values.Where(p => p.Receipt.RetainUntil is not null && p.MayBe(PointStates.Available)).ToList();
        var expected = new Expectation()
            .When(
                isNew && _pending.ContainsKey(item),
                isSurelyNew && _pending.TryGetValue(item, out var p) && !p.IsTroubled,
                ErrorCodes.BackupInProgress
            )
            .When(
                isNew && kept.Any(k => k.Receipt.RetainUntil > Now || cluster.IsSkewed),
                isSurelyNew && kept.Any(k => k.Receipt.RetainUntil > Now && k.Is(PointStates.Available)),
                ErrorCodes.RecoveryPointRetained
            );
        Judge($"Deleting item '{item.Name}'", outcome, expected);
        Meet(outcome.Code);
        if (!isNew || !(outcome.IsSuccess || IsLoose))
            return;
        Owe("DeleteItem", item.Name, outcome.IsSuccess && isSurelyNew && !IsLoose);
        item.WentWith = [.. item.Points.Values.Where(p => p.MayBe(PointStates.Available)).Select(p => p.Seq)];
        foreach (var seq in item.WentWith)
            NoteDeletion(item.Points[seq], outcome.IsSuccess && item.Points[seq].Is(PointStates.Available), purgeAfter: null);
        foreach (var state in item.States.Where(s => s != ProtectionState.SoftDeleted).ToList())
            Note(item, outcome, state, ProtectionState.SoftDeleted);
    }

    private async Task UndeleteItemAsync(ItemLedger item, VaultClient client)
    {
        var outcome = await Outcome.OfAsync(() => client.OpenItem(item.Key).UndeleteAsync(new UndeleteItem(Guid.NewGuid(), "model")));
        Judge($"Undeleting item '{item.Name}'", outcome, new Expectation());
        if (!Knows(item, ProtectionState.SoftDeleted) || !(outcome.IsSuccess || IsLoose))
            return;
        Owe("UndeleteItem", item.Name, outcome.IsSuccess && Is(item, ProtectionState.SoftDeleted) && !IsLoose);
        foreach (var seq in item.WentWith.Where(seq => item.Points[seq].MayBe(PointStates.SoftDeleted)))
            NoteUndeletion(item.Points[seq], outcome.IsSuccess && Is(item, ProtectionState.SoftDeleted) && !IsLoose);
        Note(item, outcome, ProtectionState.SoftDeleted, ProtectionState.ProtectionStopped);
        tally.Meet(Situation.ItemDeletedAndHadBack);
    }

    private async Task AssignPolicyAsync(ItemLedger item, bool follows)
    {
        var outcome = await Outcome.OfAsync(() => Vault.Vault.AssignPolicyAsync(new(Guid.NewGuid(), item.Name, follows ? Policy : null)));
        Judge($"Letting '{item.Name}' follow {(follows ? Policy : "nothing")}", outcome, new Expectation());
        if (!(outcome.IsSuccess || IsLoose))
            return;
        if (item.FollowsPolicy != follows)
            Owe("SetItemPolicy", item.Name, outcome.IsSuccess && item.FollowsPolicy is not null && !IsLoose);
        var isNew = outcome.IsSuccess && follows && item is { FollowsPolicy: false, IsCertain: true } && item.Available.Any();
        if (isNew && !IsLoose && !cluster.IsSkewed && !_isDuplicated)
            await RequireFormerRulesAsync(item);
        item.FollowsPolicy = outcome.IsSuccess && !IsLoose || item.FollowsPolicy == follows ? follows : null;
    }

    /// <summary>In a year there is a log entry of the day already when something is to expire.</summary>
    private bool _isLoggedDaily;

    /// <summary>Rules that a single command replaced go on keeping what they kept for a while; null when nobody can say.</summary>
    private async Task<bool?> IsKeptByFormerRulesAsync(ItemLedger item)
    {
        ItemSummary? summary = null;
        var outcome = await Outcome.OfAsync(async () => summary = await cluster.Client.OpenItem(item.Key).GetAsync());
        // Once their time is over it still takes a log entry that proves it, of a day on which something was logged.
        return !outcome.IsSuccess ? null
            : summary?.Former is not { } former ? false
            : former.Until > Now ? true
            : _isLoggedDaily && former.Until < Now - TrustedTime.ProofAge - TimeSpan.FromDays(1) ? false
            : null;
    }

    private async Task RequireFormerRulesAsync(ItemLedger item)
    {
        var former = (await cluster.Client.OpenItem(item.Key).GetAsync()).Former;
        if (former is not { Rules: null } || former.Until < Now.AddDays(SoftDeletePeriodDays))
            throw new InvariantBrokenException(
                $"I15 Immutable: '{item.Name}' follows a policy and keeps what it had until {former?.Until:u}."
            );
    }

    private async Task ExpireAsync(ItemLedger item, VaultClient client)
    {
        var isCertain = item.IsCertain && item.FollowsPolicy is not null && !cluster.IsSkewed && !_isDuplicated;
        var isKept = isCertain ? await IsKeptByFormerRulesAsync(item) : null;
        isCertain &= isKept is not null;
        var mayExpire = item.FollowsPolicy is not false && Knows(item, ProtectionState.Protected) && isKept is not true;
        var expiring = mayExpire ? item.Expiring(Now, Keep) : [];
        var before = await LookAsync(item);
        ExpiryOutcome? expired = null;
        var outcome = await Outcome.OfAsync(async () => expired = await client.OpenItem(item.Key).ExpireAsync(new(Guid.NewGuid())));
        // Where nothing is due no key is asked for.
        var keys = ForReading(before, await LookAsync(item));
        Judge($"Expiry of '{item.Name}'", outcome, isCertain && expiring.Count > 0 ? keys : keys.OrSucceed());
        if (!outcome.IsSuccess && !IsLoose)
            NoteLoud(JobOperations.ExpireRecoveryPoints, outcome);
        if (isCertain && expired is { } done && done.Expired != expiring.Count)
            throw new InvariantBrokenException(
                $"I16 ExpiryExact: {done.Expired} points of '{item.Name}' expired, not {expiring.Count} (former rules until "
                    + $"{(await cluster.Client.OpenItem(item.Key).GetAsync()).Former?.Until:u}, it is {Now:u}; {done})."
            );
        if (expiring.Count == 0 && isCertain)
            return;
        Owe("ExpireRecoveryPoints", item.Name, outcome.IsSuccess && isCertain && !IsLoose);
        // Where it is not certain which ones go, any that the policy might take may have gone.
        var taken = isCertain
            ? expiring
            : [.. item.Points.Values.Where(p => p.MayBe(PointStates.Available) && item.FollowsPolicy is not false)];
        foreach (var point in taken)
        {
            if (isCertain)
                NoteDeletion(point, outcome.IsSuccess, expired?.PurgeAfter);
            else
                NoteMaybeDeleted(point);
            if (outcome.IsSuccess)
                tally.Meet(Situation.PointsExpired);
        }
    }

    private void NoteMaybeDeleted(PointLedger point)
    {
        point.States |= PointStates.SoftDeleted;
        point.PurgeAfter ??= Now.AddDays(SoftDeletePeriodDays);
    }

    private ItemLedger? _toObserve;

    private async Task ReclaimAsync(ItemLedger item, VaultClient client)
    {
        var before = await LookAsync(item);
        // What may be purged is what may be: by the true time, whatever the silo's clock says.
        foreach (var point in item.Points.Values.Where(p => p.MayBe(PointStates.SoftDeleted) && p.PurgeAfter <= Now))
            point.States |= PointStates.Purged;
        ReclaimOutcome? reclaimed = null;
        var outcome = await Outcome.OfAsync(async () =>
        {
            reclaimed = (await VaultClient.ReclaimAsync(client.OpenItem(item.Key), new ReclaimOptions())).Outcome;
            if (reclaimed.Error is { } error)
                throw new VaultException(error.Code, error.Message);
        });
        var expected = ForReading(before, await LookAsync(item));
        // A deleted item of which nothing is left is freed without its key.
        if (Knows(item, ProtectionState.SoftDeleted) && item.Points.Values.All(p => p.MayBe(PointStates.Purged)))
            expected = expected.OrSucceed();
        if (_pending.TryGetValue(item, out var pending))
            expected.When(true, !pending.IsTroubled, ErrorCodes.BackupInProgress);
        Judge($"A reclaim of '{item.Name}'", outcome, expected);
        if (IsDenial(outcome.Code))
            tally.Meet(Situation.ReclaimRefusedUnderRevocation);
        if (!outcome.IsSuccess && !IsLoose)
            NoteLoud(JobOperations.ReclaimSpace, outcome);
        if (reclaimed?.Purge is { } purge)
        {
            if (purge.Purged > 0)
                tally.Meet(Situation.PointsPurged);
            if (purge.HeldBy is not null)
                tally.Meet(Situation.PurgeHeldBack);
        }
        _toObserve = item;
    }
}
