namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public async Task<PurgeOutcome> PurgeDueAsync(Guid sessionId)
    {
        await SettleAsync();
        var plan = await FindDueAsync();
        if (plan.Due.Count > 0)
        {
            var note = NoteOf(
                "PurgeRecoveryPoints",
                Item.Slot?.JobId ?? sessionId,
                new("count", $"{plan.Due.Count}"),
                new("first", $"{plan.Due[0]}"),
                new("last", $"{plan.Due[^1]}")
            ) with
            {
                EndsJob = false,
            };
            await ChangeDeletionsAsync(
                note,
                (item, current) =>
                {
                    item.RequireSlot(sessionId);
                    // Of those that were due then, for the clocks are not read again: one that was brought back meanwhile is no longer.
                    return current.Purge(plan.Due);
                }
            );
        }
        await _parts.Tombstones.DeleteManifestsAsync(await RequireDeletionsAsync());
        return plan.Outcome;
    }

    public async Task<PurgeOutcome> PlanPurgeAsync() => (await FindDueAsync()).Outcome;

    private async Task<PurgePlan> FindDueAsync()
    {
        var deletions = await RequireDeletionsAsync();
        var times = await _parts.Clocks.ReadAsync(Key.VaultId);
        return PurgePlan.Of(deletions, times, _restores.Values.Select(r => r.Seq).ToHashSet());
    }
}
