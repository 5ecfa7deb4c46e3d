using RecoveryVault.Catalogues;
using RecoveryVault.Files.Restore;

namespace RecoveryVault.Restores;

/// <summary>How a restore is run.</summary>
public sealed record RestoreOptions
{
    /// <summary>The directory that the source's content lands in; made if missing.</summary>
    public required string Target { get; init; }

    /// <summary>Which recovery point; null: the latest.</summary>
    public string? RecoveryPoint { get; init; }

    /// <summary>Only these paths and what lies below them; empty: everything.</summary>
    public IReadOnlyList<RelativePath> Include { get; init; } = [];

    /// <summary>Replace what is in the target already.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Go on when stored data is damaged: files with damage are left out and reported, everything else is restored.</summary>
    public bool ContinueOnDamage { get; init; }

    /// <summary>Told of every entry that could not be restored.</summary>
    public Action<RestoreProblem>? OnProblem { get; init; }

    /// <summary>Told of every file that stored damage keeps from being restored, with the error code.</summary>
    public Action<RelativePath, string>? OnDamage { get; init; }

    /// <summary>Told of every stretch of the list of files that cannot be read: whatever was there is left out.</summary>
    public Action<LostEntries>? OnLost { get; init; }

    /// <summary>Counts while the restore runs.</summary>
    public RestoreCounters Counters { get; init; } = new();
}

/// <summary>How far a restore or verification is; read from any thread.</summary>
public sealed class RestoreCounters
{
    private long _entries;
    private long _bytes;

    /// <summary>Content bytes to come in all; 0 until known.</summary>
    public long BytesTotal { get; internal set; }

    /// <summary>Entries handled.</summary>
    public long Entries => Interlocked.Read(ref _entries);

    /// <summary>Content bytes handled.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    internal void AddEntry() => Interlocked.Increment(ref _entries);

    internal void AddBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

/// <summary>A finished restore.</summary>
public sealed record RestoreReport
{
    /// <summary>The job; null when the store had no space to record it.</summary>
    public required Guid? JobId { get; init; }

    /// <summary>The recovery point's name.</summary>
    public required string RecoveryPoint { get; init; }

    /// <summary>Entries restored or tried.</summary>
    public required long Entries { get; init; }

    /// <summary>Content bytes written.</summary>
    public required long Bytes { get; init; }

    /// <summary>Entries whose content had not been readable when they were backed up.</summary>
    public required long NeverRead { get; init; }

    /// <summary>Entries that could not be restored, or not whole.</summary>
    public required long Failed { get; init; }

    /// <summary>Files that stored damage kept from being restored.</summary>
    public required long Damaged { get; init; }

    /// <summary>Stretches of the list of files that cannot be read; what they held is not restored.</summary>
    public required long Lost { get; init; }

    /// <summary>What only root restores, in one line; empty when there is nothing to tell.</summary>
    public required string Notes { get; init; }

    /// <summary>From the first call to the last file on disk.</summary>
    public required TimeSpan Duration { get; init; }
}
