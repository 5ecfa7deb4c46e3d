namespace RecoveryVault.Items;

public sealed partial class ProtectedItemGrain
{
    public async Task<PurgeOutcome> PurgeDueAsync(Guid sessionId)
    {
        await SettleAsync();
        var plan = await FindDueAsync(isDryRun: false);
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

    public async Task<PurgeOutcome> PlanPurgeAsync() => (await FindDueAsync(isDryRun: true)).Outcome;

    /// <param name="isDryRun">Nothing may be written, so the store cannot be asked for its time.</param>
    private async Task<PurgePlan> FindDueAsync(bool isDryRun)
    {
        var deletions = await RequireDeletionsAsync();
        var times = isDryRun ? await _parts.Clocks.ForeseeAsync(Key.VaultId) : await _parts.Clocks.ReadAsync(Key.VaultId);
        return PurgePlan.Of(deletions, times, _restores.Values.Select(r => r.Seq).ToHashSet());
    }
}
