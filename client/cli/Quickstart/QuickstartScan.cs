using RecoveryVault.Catalogues;
using RecoveryVault.Files;

namespace RecoveryVault.Cli.Quickstart;

/// <summary>What there is to back up, found by a walk that reads no content.</summary>
internal sealed record QuickstartScan(long Entries, long Files, long Bytes)
{
    public static QuickstartScan Run(string source, CancellationToken cancellation)
    {
        long entries = 0,
            files = 0,
            bytes = 0;
        using var walker = new FileWalker(source, new WalkOptions(), _ => { });
        foreach (var walked in walker.Walk())
        {
            cancellation.ThrowIfCancellationRequested();
            entries++;
            if (walked.Entry.Type != EntryType.File)
                continue;
            files++;
            // Holes need no space; what a compressing file system saves, a copy may need.
            bytes += walked.AllocatedBytes == 0 ? 0 : walked.Entry.Size;
        }
        return new QuickstartScan(entries, files, bytes);
    }
}
