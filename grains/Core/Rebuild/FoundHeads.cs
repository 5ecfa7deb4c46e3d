using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Rebuild;

/// <summary>
/// The heads of an item as they are stored. Which of them were committed the chain says, and of the last one the log, or its job.
/// </summary>
internal sealed class FoundHeads
{
    private readonly Dictionary<Guid, JobRecord?> _jobs = [];
    private readonly HashSet<string> _manifests = new(StringComparer.Ordinal);
    private readonly List<RebuildProblem> _problems = [];
    private ILookup<long, FoundRecord<RecoveryPointHead>> _bySeq = Enumerable.Empty<FoundRecord<RecoveryPointHead>>().ToLookup(h => h.Seq);

    public bool IsEmpty => _bySeq.Count == 0;

    public IReadOnlyList<RebuildProblem> Problems => _problems;

    /// <summary>All there are, of whatever became of them.</summary>
    public IEnumerable<RecoveryPointHead> All => _bySeq.SelectMany(h => h).Select(h => h.Value);

    public static async Task<FoundHeads> ReadAsync(
        IBlobStore store,
        RecordFolders folders,
        JobLedger jobs,
        ItemKey key,
        CancellationToken cancellation
    )
    {
        var heads = new FoundHeads();
        var manifests = ItemBlobs.Manifests(key.ItemId);
        var found = await folders.ReadAsync(
            ItemBlobs.Heads(key.ItemId),
            RecordType.Head,
            RecordJson.Default.RecoveryPointHead,
            (h, seq) => h.Seq == seq && h.Manifest.StartsWith(manifests, StringComparison.Ordinal),
            cancellation
        );
        heads._problems.AddRange(found.Problems);
        heads._bySeq = found.Sound.ToLookup(h => h.Seq);
        await foreach (var blob in store.ListAllAsync(manifests, cancellation))
            heads._manifests.Add(blob.Name);
        // Only of those that may be the last one: the chain vouches for all others.
        foreach (var head in found.Sound.Where(h => h.Seq == found.Sound[^1].Seq))
            heads._jobs[head.Value.JobId] = await FindJobAsync(jobs, key.VaultId, head.Value.JobId, cancellation);
        return heads;
    }

    /// <summary>Jobs prove nothing; one that cannot be read says nothing.</summary>
    private static async Task<JobRecord?> FindJobAsync(JobLedger jobs, VaultId vaultId, Guid jobId, CancellationToken cancellation)
    {
        try
        {
            return await jobs.FindAsync(vaultId, jobId, cancellation);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or VaultException or BlobStoreException { Error: BlobError.Damaged })
        {
            return null;
        }
    }

    /// <summary>The item of a backup's job; null when that cannot be said.</summary>
    public static async Task<ItemId?> FindItemAsync(JobLedger jobs, VaultId vaultId, Guid jobId, CancellationToken cancellation) =>
        (await FindJobAsync(jobs, vaultId, jobId, cancellation))?.Start.ItemId;

    /// <summary>Committed recovery points, newest first, without a gap.</summary>
    public IReadOnlyList<RecoveryPointHead> Chain(ItemEvidence item, LogEvidence log, Losses losses)
    {
        var points = log.Points.Where(p => p.ItemId == item.Key.ItemId || _bySeq[p.Seq].Any(h => h.Value.HeadHash == p.HeadHash)).ToList();
        var logged = points.ToLookup(p => p.Seq);
        var newest = FindNewest(logged);
        var last = logged.Count == 0 ? 0 : logged.Max(p => p.Key);
        if (last > (newest?.Seq ?? 0))
            losses.Add(
                $"The log remembers recovery point {logged[last].First().Name} of item {item.Key.ItemId}, and its record is missing."
            );
        List<RecoveryPointHead> chain = [];
        for (var head = newest; head is not null; head = Before(head))
            chain.Add(
                head with
                {
                    KeyIdAtBackup = logged[head.Seq].FirstOrDefault(p => p.HeadHash == head.HeadHash)?.KeyId ?? head.KeyIdAtBackup,
                }
            );
        if (chain is [.., { Seq: > 1 } gap])
            _problems.Add(
                RebuildProblem.Of(
                    ErrorCodes.DataMissing,
                    $"The record of recovery point {gap.Seq - 1} of item {item.Key.ItemId} is missing: older ones cannot be listed."
                )
            );
        return chain;
    }

    private RecoveryPointHead? FindNewest(ILookup<long, LoggedPoint> logged)
    {
        foreach (var group in _bySeq.OrderByDescending(g => g.Key))
        {
            var heads = group.Select(h => h.Value).ToList();
            if (heads.FirstOrDefault(h => logged[h.Seq].Any(p => p.HeadHash == h.HeadHash)) is { } committed)
                return committed;
            // One that another was committed in place of, or that died before its commit, has never been.
            if (logged.Contains(group.Key))
                continue;
            if (heads.Where(MayBeCommitted).MaxBy(h => h.Time) is { } last)
                return last;
        }
        return null;
    }

    /// <summary>
    /// The log has no entry yet, which is written after the commit: then its job has not failed, what it consists of is there, and it
    /// follows one that is.
    /// </summary>
    private bool MayBeCommitted(RecoveryPointHead head) =>
        _manifests.Contains(head.Manifest)
        && (head.Seq == 1 ? head.PrevHash == ItemRecord.NoHead : Before(head) is not null)
        && (
            _jobs.GetValueOrDefault(head.JobId)?.End is not { } end || end.Status is JobStatus.Completed or JobStatus.CompletedWithWarnings
        );

    private RecoveryPointHead? Before(RecoveryPointHead head) =>
        _bySeq[head.Seq - 1].Select(h => h.Value).FirstOrDefault(h => h.HeadHash == head.PrevHash);
}
