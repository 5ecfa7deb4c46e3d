using RecoveryVault.Backups;
using RecoveryVault.Catalogues;
using RecoveryVault.Cli.Quickstart;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Restores;
using RecoveryVault.Retention;

namespace RecoveryVault.Cli.Output;

/// <summary>Key versions as the contract has them: 32 hex digits; null for platform-managed keys, which have none to name.</summary>
internal static class KeyVersionShape
{
    /// <summary>What the platform's keys are called where people read it.</summary>
    public const string Platform = "platform";

    public static string? Of(string keyVersion) => keyVersion == Platform ? null : keyVersion;

    public static string ForPeople(string? keyVersion) => keyVersion ?? Platform;

    /// <summary>Without the platform's own keys: those are nobody's to disable.</summary>
    public static KeyVersionUse[] Of(IEnumerable<KeyVersionUse> versions) =>
        [.. versions.Where(version => !KeyVersions.IsPlatform(version.KeyId))];
}

internal sealed record ItemShape(
    string Id,
    string Name,
    string State,
    string Source,
    string Host,
    string Kind,
    IReadOnlyList<string> Excludes,
    bool ExcludeCaches,
    bool OneFileSystem,
    long RecoveryPoints,
    long DeletedRecoveryPoints,
    RecoveryPointShape? LatestRecoveryPoint,
    string? KeyVersion,
    string? Policy,
    FormerRetention? Former
)
{
    public static ItemShape Of(ItemSummary item) =>
        new(
            item.ItemId.ToString(),
            item.Name,
            item.State.ToString(),
            item.Source.Path,
            item.Source.Host,
            item.Source.Kind.ToString(),
            item.Source.Excludes,
            item.Source.ExcludeCaches,
            item.Source.OneFileSystem,
            item.RecoveryPointCount,
            item.SoftDeletedCount,
            item.Latest is null ? null : RecoveryPointShape.Of(item.Latest),
            KeyVersionShape.Of(item.KeyVersion),
            item.Policy,
            item.Former
        );
}

internal sealed record RecoveryPointShape(
    string Name,
    DateTimeOffset Time,
    long SizeBytes,
    long Seq,
    string PrevHash,
    string HeadHash,
    string? KeyVersion,
    string? KeyVersionAtBackup,
    string Status,
    DateTimeOffset? Expires,
    long Files,
    long FilesUnreadable,
    DateTimeOffset? RetainUntil,
    DateTimeOffset? DeletedAt,
    string? DeletionReason
)
{
    public static RecoveryPointShape Of(RecoveryPointSummary p) =>
        new(
            p.Name,
            p.Time,
            p.SizeBytes,
            p.Seq,
            p.PrevHash,
            p.HeadHash,
            KeyVersionShape.Of(p.KeyVersion),
            KeyVersionShape.Of(p.KeyVersionAtBackup),
            p.Status,
            p.Expires,
            p.Files,
            p.FilesUnreadable,
            p.RetainUntil,
            p.DeletedAt,
            p.DeletionReason
        );
}

internal sealed record BackupShape(
    Guid JobId,
    string RecoveryPoint,
    long Seq,
    string HeadHash,
    string Status,
    long FilesTotal,
    long FilesUnreadable,
    long FilesExcluded,
    long FilesChanged,
    long BytesRead,
    long BytesNew,
    long BytesStored,
    long BytesExcluded,
    string? KeyVersion,
    DateTimeOffset? RetainUntil,
    double DurationSeconds
)
{
    public static BackupShape Of(BackupReport report) =>
        new(
            report.Outcome.JobId,
            report.Outcome.RecoveryPoint.Name,
            report.Outcome.RecoveryPoint.Seq,
            report.Outcome.RecoveryPoint.HeadHash,
            report.Outcome.Status.ToString(),
            report.Statistics.Files,
            report.Statistics.FilesUnreadable,
            report.Statistics.FilesExcluded,
            report.Statistics.FilesChanged,
            report.Statistics.BytesRead,
            report.Outcome.BytesNew,
            report.Outcome.BytesStored,
            report.Statistics.BytesExcluded,
            KeyVersionShape.Of(report.Outcome.RecoveryPoint.KeyVersionAtBackup),
            report.Outcome.RecoveryPoint.RetainUntil,
            Math.Round(report.Duration.TotalSeconds, 3)
        );
}

internal sealed record RestoreShape(
    Guid? JobId,
    string RecoveryPoint,
    long EntriesTotal,
    long BytesWritten,
    long FilesUnreadable,
    double DurationSeconds
)
{
    public static RestoreShape Of(RestoreReport report) =>
        new(
            report.JobId,
            report.RecoveryPoint,
            report.Entries,
            report.Bytes,
            report.NeverRead,
            Math.Round(report.Duration.TotalSeconds, 3)
        );
}

internal sealed record VerifyShape(
    Guid? JobId,
    string RecoveryPoint,
    bool DataRead,
    long EntriesTotal,
    long BytesChecked,
    long FilesDamaged,
    double DurationSeconds
)
{
    public static VerifyShape Of(VerifyReport report) =>
        new(
            report.JobId,
            report.RecoveryPoint,
            report.ReadData,
            report.Entries,
            report.Bytes,
            report.Damaged,
            Math.Round(report.Duration.TotalSeconds, 3)
        );
}

/// <summary>A finished quickstart; store and keys are null when they were temporary.</summary>
internal sealed record QuickstartShape(
    BackupShape? FirstBackup,
    BackupShape? SecondBackup,
    IReadOnlyList<RecoveryPointShape> RecoveryPoints,
    IReadOnlyList<KeyVersionUse> KeyVersions,
    RestoreShape? Restore,
    long EntriesCompared,
    long Differences,
    long FilesUnreadable,
    long FilesChanged,
    IReadOnlyList<string> Unreadable,
    IReadOnlyList<string> Changed,
    string? Store,
    string? Keys,
    double DurationSeconds
)
{
    public static QuickstartShape Of(QuickstartStory story, string? store, string? keys, TimeSpan duration) =>
        new(
            story.First is null ? null : BackupShape.Of(story.First),
            story.Second is null ? null : BackupShape.Of(story.Second),
            [.. story.RecoveryPoints.Select(RecoveryPointShape.Of)],
            KeyVersionShape.Of(story.KeyVersions),
            story.Restored is null ? null : RestoreShape.Of(story.Restored),
            story.Compared,
            story.Differences.Count,
            story.Second?.Statistics.FilesUnreadable ?? 0,
            story.Second?.Statistics.FilesChanged ?? 0,
            story.Unreadable,
            story.Changed,
            store,
            keys,
            Math.Round(duration.TotalSeconds, 3)
        );
}

internal sealed record ScrubShape(long Objects, long Bytes, long Damaged);

internal sealed record SiloShape(
    string ClusterId,
    string ServiceId,
    string Store,
    string StoreId,
    string Keys,
    string Gateway,
    string DataPlane
);

internal sealed record StoreShape(string Store, string StoreId, string ServiceId, string Keys);

internal sealed record ServeShape(string Store, string StoreId, string Keys, string Gateway, string DataPlane);

/// <summary>
/// A file of a recovery point. A name that is not UTF-8 has its odd bytes as \xNN in <paramref name="Path"/>, and
/// all of them in <paramref name="PathHex"/>.
/// </summary>
internal sealed record FileShape(
    string Path,
    string? PathHex,
    string Type,
    string Mode,
    uint Uid,
    uint Gid,
    long Size,
    DateTimeOffset Modified,
    string? LinkTarget,
    int ReadError
)
{
    public static FileShape Of(CatalogueEntry entry) =>
        new(
            entry.Path.ToString(),
            System.Text.Unicode.Utf8.IsValid(entry.Path.Bytes.Span) ? null : Convert.ToHexStringLower(entry.Path.Bytes.Span),
            entry.Type.ToString(),
            Convert.ToString(entry.Mode, 8).PadLeft(4, '0'),
            entry.Uid,
            entry.Gid,
            entry.Size,
            TimeOf(entry.ModifiedAt),
            entry.LinkTarget.IsEmpty ? null : new RelativePath(entry.LinkTarget).ToString(),
            entry.ReadError
        );

    /// <summary>As ls shows it, such as -rw-r--r--.</summary>
    public static string ModeOf(CatalogueEntry entry)
    {
        var kind = entry.Type switch
        {
            EntryType.Directory => 'd',
            EntryType.Symlink => 'l',
            EntryType.Fifo => 'p',
            EntryType.Socket => 's',
            EntryType.CharacterDevice => 'c',
            EntryType.BlockDevice => 'b',
            _ => '-',
        };
        const string Bits = "rwxrwxrwx";
        return kind + string.Concat(Bits.Select((bit, i) => (entry.Mode & (256 >> i)) != 0 ? bit : '-'));
    }

    private static DateTimeOffset TimeOf(FileTime time) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(time.Seconds, -62_135_596_800, 253_402_300_799)).AddTicks(time.Nanoseconds / 100);
}
