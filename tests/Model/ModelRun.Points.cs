using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Restores;

namespace RecoveryVault.Tests.Model;

internal sealed partial class ModelRun
{
    private async Task RestoreAsync(ItemLedger item, PointLedger point, VaultClient client)
    {
        var before = await LookAsync(item);
        var (outcome, content) = await ReadAsync(client, item, point.Receipt.Name);
        var expected = ForPoint(ForReading(before, await LookAsync(item)), point);
        Judge($"A restore of '{item.Name}' {point.Seq}", outcome, expected);
        if (content is not null)
            Invariants.I1_Readable_Content(item, point, content);
        if (!outcome.IsSuccess && !IsLoose)
            NoteLoud(JobOperations.Restore, outcome);
        tally.Meet(
            outcome.Code switch
            {
                null when before.Ring is { } ring && Keys.CodeOf(ring) is { } code => IsDenial(code)
                    ? Situation.RestoreUnderRevocationFromMemory
                    : Situation.RestoreDuringOutageFromMemory,
                null => Situation.RestoreCompared,
                ErrorCodes.KeyVaultUnreachable => Situation.RestoreRefusedDuringOutage,
                var code when IsDenial(code) => Situation.RestoreRefusedUnderRevocation,
                _ => Situation.RestoreOfDeletedPointRefused,
            }
        );
    }

    /// <summary>What comes back of a recovery point; null when it is refused.</summary>
    public async Task<(Outcome Outcome, byte[]? Content)> ReadAsync(VaultClient client, ItemLedger item, string recoveryPoint)
    {
        var target = _scratch[$"{++_restores}"];
        byte[]? content = null;
        var outcome = await Outcome.OfAsync(async () =>
        {
            var options = new RestoreOptions { Target = target, RecoveryPoint = recoveryPoint };
            await client.RestoreAsync(client.OpenItem(item.Key), options);
            content = await File.ReadAllBytesAsync(Path.Join(target, item.Name));
        });
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        return (outcome, content);
    }

    private static Expectation ForPoint(Expectation expected, PointLedger point) =>
        expected
            .When(point.MayBe(PointStates.SoftDeleted), point.Is(PointStates.SoftDeleted), ErrorCodes.RecoveryPointSoftDeleted)
            .When(point.MayBe(PointStates.Purged), point.Is(PointStates.Purged), ErrorCodes.RecoveryPointNotFound);

    private async Task VerifyAsync(ItemLedger item, PointLedger point, VaultClient client)
    {
        var before = await LookAsync(item);
        VerifyReport? report = null;
        var options = new VerifyOptions { RecoveryPoint = point.Receipt.Name, ReadData = true };
        var outcome = await Outcome.OfAsync(async () => report = await client.VerifyAsync(client.OpenItem(item.Key), options));
        Judge($"A verification of '{item.Name}' {point.Seq}", outcome, ForPoint(ForReading(before, await LookAsync(item)), point));
        if (report is { } r && r.Damaged + r.Lost > 0 && !IsLoose)
            throw new InvariantBrokenException($"I1 Readable: '{item.Name}' {point.Seq} is said to be damaged: {report}.");
        if (!outcome.IsSuccess && !IsLoose)
            NoteLoud(JobOperations.Verify, outcome);
    }

    private async Task DeletePointAsync(ItemLedger item, PointLedger point, VaultClient client)
    {
        RecoveryPointSummary? deleted = null;
        var (calledAt, others) = (Now, item.Points.Values.Where(p => p != point).ToList());
        var outcome = await Outcome.OfAsync(async () =>
            deleted = await client.OpenItem(item.Key).DeleteRecoveryPointAsync(new(Guid.NewGuid(), point.Receipt.Name, "model"))
        );
        var isLast = others.All(p => !p.MayBe(PointStates.Available)) && item.Unclear.Count == 0;
        var mayBeLast = others.All(p => !p.Is(PointStates.Available));
        var (mayDo, mustDo) = (point.MayBe(PointStates.Available), point.Is(PointStates.Available));
        var expected = new Expectation()
            .When(point.MayBe(PointStates.Purged), point.Is(PointStates.Purged), ErrorCodes.RecoveryPointNotFound)
            .When(
                mayDo && (point.Receipt.RetainUntil > calledAt || (point.Receipt.RetainUntil is not null && cluster.IsSkewed)),
                mustDo && point.Receipt.RetainUntil > calledAt,
                ErrorCodes.RecoveryPointRetained
            )
            .When(mayDo && mayBeLast, mustDo && isLast, ErrorCodes.LastRecoveryPoint);
        Judge($"Deleting '{item.Name}' {point.Seq}", outcome, expected);
        Meet(outcome.Code);
        if (!mayDo)
            return;
        if (deleted is not null)
            Invariants.I16_ExpiryExact_Granted(item, point, deleted, calledAt);
        NoteDeletion(point, outcome.IsSuccess, deleted?.Expires);
        if (outcome.IsSuccess || IsLoose)
            Owe("DeleteRecoveryPoint", point.Receipt.Name, isCertain: outcome.IsSuccess && mustDo && !IsLoose);
    }

    private void Meet(string? code)
    {
        if (code == ErrorCodes.LastRecoveryPoint)
            tally.Meet(Situation.LastPointKept);
        if (code == ErrorCodes.RecoveryPointRetained)
            tally.Meet(Situation.PromiseKept);
    }

    /// <summary>Refused it did not happen, unless the store failed; answered it did, unless a stale activation answered.</summary>
    private void NoteDeletion(PointLedger point, bool isDone, DateTimeOffset? purgeAfter)
    {
        if (isDone && !_isDuplicated)
            point.States = PointStates.SoftDeleted;
        else if (isDone || IsLoose)
            point.States |= PointStates.SoftDeleted;
        if (point.MayBe(PointStates.SoftDeleted))
            point.PurgeAfter ??= purgeAfter ?? Now.AddDays(SoftDeletePeriodDays);
    }

    private const int SoftDeletePeriodDays = RecoveryVault.Retention.SoftDeletePeriod.MinDays;

    private async Task UndeletePointAsync(ItemLedger item, PointLedger point, VaultClient client)
    {
        var outcome = await Outcome.OfAsync(() =>
            client.OpenItem(item.Key).UndeleteRecoveryPointAsync(new(Guid.NewGuid(), point.Receipt.Name, "model"))
        );
        var isOfDeleted = item.States.Contains(ProtectionState.SoftDeleted);
        var expected = new Expectation()
            .When(point.MayBe(PointStates.Purged), point.Is(PointStates.Purged), ErrorCodes.RecoveryPointNotFound)
            .When(
                isOfDeleted && point.MayBe(PointStates.SoftDeleted),
                isOfDeleted && item.States.Count == 1 && point.Is(PointStates.SoftDeleted),
                ErrorCodes.ItemSoftDeleted
            );
        Judge($"Undeleting '{item.Name}' {point.Seq}", outcome, expected);
        if (!point.MayBe(PointStates.SoftDeleted) || !(outcome.IsSuccess || IsLoose))
            return;
        Owe("UndeleteRecoveryPoint", point.Receipt.Name, outcome.IsSuccess && point.Is(PointStates.SoftDeleted) && !IsLoose);
        NoteUndeletion(point, outcome.IsSuccess);
    }

    private void NoteUndeletion(PointLedger point, bool isDone)
    {
        if (!isDone || _isDuplicated)
        {
            point.States |= PointStates.Available;
            return;
        }
        point.States = PointStates.Available;
        point.PurgeAfter = null;
    }
}
