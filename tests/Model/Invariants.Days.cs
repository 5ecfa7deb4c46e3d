using RecoveryVault.Activity;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Model;

internal static partial class Invariants
{
    /// <summary>Each point names the version that opens it now, which its item's record names, and the one it was made under.</summary>
    public static async Task Points_NameTheirKeys(ModelRun run, ItemLedger item)
    {
        var now = KeyVersions.Bare((await run.ReadItemAsync(item.Key))!.KeyId);
        await foreach (var point in VaultClient.AllAsync(run.Cluster.Client.OpenItem(item.Key).ListRecoveryPointsAsync))
        {
            var receipt = item.Points[point.Seq].Receipt;
            if (point.KeyVersion != now || point.KeyVersionAtBackup != receipt.KeyVersionAtBackup)
                throw Broken(
                    $"'{item.Name}' {point.Seq} names {point.KeyVersion} and {point.KeyVersionAtBackup}, not {now} and {receipt.KeyVersionAtBackup}."
                );
        }
    }

    /// <summary>The jobs of a day are those that the day's work began, each ended as it was answered.</summary>
    public static void Jobs_AreTheDays(List<JobSummary> jobs, IReadOnlyDictionary<(string Operation, JobStatus Status), int> expected)
    {
        // A rotation begins its job when the schedule says.
        var counts = jobs.Where(j => j.Operation != JobOperations.UpdateCustomerManagedKey)
            .CountBy(j => (j.Operation, j.Status))
            .ToDictionary();
        foreach (var kind in counts.Keys.Union(expected.Keys))
            if (counts.GetValueOrDefault(kind) != expected.GetValueOrDefault(kind))
                throw Broken(
                    $"There are {counts.GetValueOrDefault(kind)} jobs {kind} of that day, not {expected.GetValueOrDefault(kind)}."
                );
    }

    /// <summary>Each job that ended has one entry, and each entry of a job's operation has a job.</summary>
    public static void Entries_AreTheJobs(List<JobSummary> jobs, List<ActivityEntry> entries)
    {
        for (var i = 1; i < entries.Count; i++)
            if (entries[i].Seq != entries[i - 1].Seq - 1)
                throw Broken($"I17 AuditComplete: entry {entries[i].Seq} is followed by {entries[i - 1].Seq}.");
        var ofJob = entries.Where(e => e.Operation != "PurgeRecoveryPoints").CountBy(e => e.CorrelationId).ToDictionary();
        foreach (var job in jobs.Where(j => j.Status is not (JobStatus.InProgress or JobStatus.Cancelling)))
            if (ofJob.GetValueOrDefault(job.JobId) != 1)
                throw Broken(
                    $"I17 AuditComplete: {job.Operation} {job.JobId} ({job.Status}) has {ofJob.GetValueOrDefault(job.JobId)} entries."
                );
    }
}
