using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using RecoveryVault.Vaults;

namespace RecoveryVault.Cli.Output;

/// <summary>A refusal or failure, as <c>{"error":{...}}</c>.</summary>
internal sealed record ErrorDocument(ErrorShape Error);

internal sealed record ErrorShape(string Code, string Message, string Recommendation);

/// <summary>A vault, in the shape of <c>az backup vault show</c>.</summary>
internal sealed record VaultShape(
    string Id,
    string Name,
    string Location,
    string ResourceGroup,
    string SubscriptionId,
    IReadOnlyDictionary<string, string> Tags,
    DateTimeOffset CreatedTime,
    IdentityShape Identity,
    EncryptionShape Encryption,
    int ProtectedItems,
    DateTimeOffset? ProtectionAttemptedTime,
    IReadOnlyList<string> PrivateEndpoints,
    int SoftDeleteRetentionPeriodInDays,
    int? ShorterPeriodInDays,
    DateTimeOffset? ShorterPeriodFromTime
)
{
    public static VaultShape Of(VaultSummary vault) =>
        new(
            vault.VaultId.ToString(),
            vault.Name,
            vault.Location,
            vault.ResourceGroup,
            vault.SubscriptionId,
            vault.Tags,
            vault.CreatedAt,
            IdentityShape.Of(vault.Identity),
            EncryptionShape.Of(vault.Encryption),
            vault.ItemCount,
            vault.ProtectionAttemptedAt,
            vault.PrivateEndpoints,
            vault.SoftDelete.Days,
            vault.SoftDelete.NextDays,
            vault.SoftDelete.NextFrom
        );
}

internal sealed record IdentityShape(
    string Type,
    string? PrincipalId,
    string? TenantId,
    IReadOnlyDictionary<string, AssignedIdentityShape> UserAssignedIdentities
)
{
    public static IdentityShape Of(VaultIdentity identity) =>
        new(
            identity.Type,
            identity.PrincipalId,
            identity.TenantId,
            identity.UserAssigned.ToDictionary(i => i.Id, AssignedIdentityShape.Of)
        );
}

/// <summary>A user-assigned identity of a vault; ids that only Azure knows are null.</summary>
internal sealed record AssignedIdentityShape(string? PrincipalId, string? ClientId)
{
    public static AssignedIdentityShape Of(AssignedIdentity identity) => new(Known(identity.PrincipalId), Known(identity.ClientId));

    private static string? Known(string id) => id.Length > 0 ? id : null;
}

internal sealed record EncryptionShape(
    string EncryptionAtRestType,
    string? KeyUri,
    string? KeyVersion,
    string? SubscriptionId,
    string? Identity,
    string LastUpdateStatus,
    string InfrastructureEncryptionState,
    bool AutoRotation,
    DateTimeOffset? LastPolledTime,
    string? PreviousKeyVersion,
    Guid? JobId
)
{
    public static EncryptionShape Of(EncryptionSummary e) =>
        new(
            e.EncryptionAtRestType,
            e.KeyUri,
            e.KeyVersion,
            e.SubscriptionId,
            e.Identity,
            e.LastUpdateStatus,
            e.InfrastructureEncryptionState,
            e.AutoRotation,
            e.LastPolledAt,
            e.PreviousKeyVersion,
            e.JobId
        );
}

internal sealed record JobShape(
    Guid JobId,
    string Operation,
    string Status,
    string? ItemName,
    DateTimeOffset StartTime,
    DateTimeOffset? EndTime,
    double? DurationSeconds,
    IReadOnlyList<JobErrorShape> ErrorDetails,
    IReadOnlyDictionary<string, string> Properties,
    string Caller,
    int? ProgressPercentage,
    IReadOnlyList<JobTaskShape> TasksList
)
{
    public static JobShape Of(JobSummary job) =>
        new(
            job.JobId,
            job.Operation,
            job.Status.ToString(),
            job.ItemName,
            job.StartTime,
            job.EndTime,
            job.EndTime is { } end ? Math.Round((end - job.StartTime).TotalSeconds, 3) : null,
            [.. job.ErrorDetails.Select(e => new JobErrorShape(e.Code, ErrorTable.TitleOf(e.Code), e.Message, e.Recommendation))],
            job.Properties,
            job.Caller,
            job.ProgressPercent,
            [.. job.Tasks.Select(JobTaskShape.Of)]
        );
}

internal sealed record JobErrorShape(string Code, string Title, string Message, string Recommendation);

/// <summary>A part of a job; totals are null where nobody knows them.</summary>
internal sealed record JobTaskShape(
    string TaskId,
    string Status,
    DateTimeOffset? StartTime,
    DateTimeOffset? EndTime,
    double? DurationSeconds,
    long ItemsDone,
    long? ItemsTotal,
    long BytesDone,
    long? BytesTotal
)
{
    public static JobTaskShape Of(JobTask task) =>
        new(
            task.TaskId,
            task.Status.ToString(),
            task.StartTime,
            task.EndTime,
            task is { StartTime: { } start, EndTime: { } end } ? Math.Round((end - start).TotalSeconds, 3) : null,
            task.ItemsDone,
            task.ItemsTotal > 0 ? task.ItemsTotal : null,
            task.BytesDone,
            task.BytesTotal > 0 ? task.BytesTotal : null
        );
}

internal sealed record LogEntryShape(
    long Seq,
    DateTimeOffset Time,
    string Caller,
    string Operation,
    string Status,
    Guid CorrelationId,
    IReadOnlyDictionary<string, string> Details
)
{
    public static LogEntryShape Of(ActivityEntry e) => new(e.Seq, e.Time, e.Caller, e.Operation, e.Status, e.CorrelationId, e.Details);
}

internal sealed record RecoveryKitShape(string File, string StoreId, int Blobs);

internal sealed record LogVerificationShape(
    long EntriesChecked,
    long CheckpointsChecked,
    long WitnessesAgreeing,
    IReadOnlyList<string> KeyIds
);

/// <summary>What is left of a purged key.</summary>
internal sealed record PurgedKeyShape(string VaultName, string Name);
