using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Files;
using RecoveryVault.Files.Comparison;

namespace RecoveryVault.Backups;

/// <summary>How a backup is run.</summary>
public sealed record BackupOptions
{
    /// <summary>Reads this path instead of the item's own, this once.</summary>
    public string? SourcePath { get; init; }

    /// <summary>Reads every file, also those that look unchanged since the previous recovery point.</summary>
    public bool Rescan { get; init; }

    /// <summary>Nothing deletes the recovery point before: in the future, and at most 100 years away; null: no promise.</summary>
    public DateTimeOffset? RetainUntil { get; init; }

    /// <summary>
    /// Opens a stream to read in place of any path: its bytes become one file. A stream whose reading fails leaves no recovery point.
    /// </summary>
    public Func<Stream>? OpenStream { get; init; }

    /// <summary>Directories never entered: the embedded store must not be backed up into itself.</summary>
    public IReadOnlySet<InodeId> NeverEnter { get; init; } = new HashSet<InodeId>();

    /// <summary>Told of everything that could not be read, as the walk meets it.</summary>
    public Action<WalkProblem>? OnProblem { get; init; }

    /// <summary>Told of every file that changed while it was read.</summary>
    public Action<RelativePath>? OnChanged { get; init; }

    /// <summary>Told why the backup begins again, once for each loss of its silo. What was stored is found.</summary>
    public Action<VaultException>? OnRestart { get; init; }

    /// <summary>Counts while the backup runs, for whoever shows progress.</summary>
    public BackupCounters Counters { get; init; } = new();

    /// <summary>Keeps what was read, for a later comparison.</summary>
    public TreeRecordWriter? Record { get; init; }
}

/// <summary>How far a backup is; read from any thread.</summary>
public sealed class BackupCounters
{
    private long _entries;
    private long _bytesRead;

    /// <summary>Entries seen.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Content bytes read.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>The source is read from its beginning again.</summary>
    internal void Reset()
    {
        Interlocked.Exchange(ref _entries, 0);
        Interlocked.Exchange(ref _bytesRead, 0);
    }

    internal void AddEntry() => Interlocked.Increment(ref _entries);

    internal void AddBytes(long bytes) => Interlocked.Add(ref _bytesRead, bytes);
}
