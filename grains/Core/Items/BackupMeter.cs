using System.Diagnostics.Metrics;
using RecoveryVault.Telemetry;

namespace RecoveryVault.Items;

/// <summary>What committed backups were of: together the ratio of what was protected to what it took.</summary>
public static class BackupMeter
{
    private static readonly Counter<long> Protected = VaultMeter.Counter(
        "rvault.backup.protected",
        "By",
        "Content of committed recovery points, unchanged files included."
    );

    private static readonly Counter<long> Read = VaultMeter.Counter("rvault.backup.read", "By", "Bytes that clients read for them.");

    private static readonly Counter<long> New = VaultMeter.Counter(
        "rvault.backup.new",
        "By",
        "Bytes of chunks that were not stored before."
    );

    private static readonly Counter<long> Stored = VaultMeter.Counter("rvault.backup.stored", "By", "Bytes of the packs they became.");

    private static readonly Counter<long> Unreadable = VaultMeter.Counter(
        "rvault.backup.unreadable",
        "{file}",
        "Files that could not be read."
    );

    public static void Committed(RecoveryPointHead head)
    {
        Protected.Add(head.Statistics.SizeBytes);
        Read.Add(head.Statistics.BytesRead);
        New.Add(head.BytesNew);
        Stored.Add(head.BytesStored);
        if (head.Statistics.FilesUnreadable > 0)
            Unreadable.Add(head.Statistics.FilesUnreadable);
    }
}
