using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;

namespace RecoveryVault.Cli.Commands;

/// <summary><c>rvault job …</c></summary>
internal static class JobCommands
{
    public static Command Build() => CommandParts.Group("job", "Jobs: what was done, how it ended.", List(), ShowOne(), Wait(), Stop());

    private static CliCommand List()
    {
        var vaultName = CommandParts.VaultName();
        var status = OptionValues.OneOf(
            "--status",
            "Only jobs of this status.",
            "STATUS",
            [.. Enum.GetValues<JobStatus>().Where(s => s != JobStatus.Unknown)]
        );
        var operation = CommandParts.Optional("--operation", "Only jobs of this operation, such as Backup.", "OPERATION");
        return new CliCommand("list", "Lists a vault's jobs, newest first.", "rvault job list --vault-name docs --status Failed")
        {
            vaultName,
            status,
            operation,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                List<JobShape> jobs = [];
                await foreach (
                    var job in VaultClient.AllAsync(page => vault.Jobs.ListAsync(new JobQuery(run.Get(status), run.Get(operation), page)))
                )
                    jobs.Add(JobShape.Of(job));
                run.Print([.. jobs], OutputJson.Plain.JobShapeArray, ShowJob.List);
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("job"));
        return new CliCommand(
            "show",
            "Shows a job with its tasks; of one that is under way, how far it is.",
            "rvault job show --vault-name docs --name 0199a1b2-..."
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                Print(run, await vault.Jobs.GetAsync(JobIdOf(run.Require(name))));
            }
        );
    }

    private static CliCommand Wait()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("job"));
        var timeout = OptionValues.Number(
            "--timeout",
            "Wait no longer than this; exit code 1 if the job has not ended by then.",
            "SECONDS"
        );
        return new CliCommand(
            "wait",
            "Waits until a job has ended; exit code 1 if it failed or was stopped, 3 if it has warnings.",
            "rvault job wait --vault-name docs --name 0199a1b2-... --timeout 600"
        )
        {
            vaultName,
            name,
            timeout,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(vaultName));
                TimeSpan? patience = run.Get(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
                var job = await client.WaitForJobAsync(vault, JobIdOf(run.Require(name)), patience, Watch(run), cancellation);
                if (job.Status is JobStatus.Failed or JobStatus.Cancelled)
                    throw FailureOf(job);
                Print(run, job);
                return job.Status == JobStatus.CompletedWithWarnings ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
            }
        );
    }

    /// <summary>A line whenever something has changed.</summary>
    private static Action<JobSummary> Watch(Invocation run)
    {
        var last = "";
        return job =>
        {
            var line = ShowJob.Line(job);
            if (run.ShowsProgress && job.Status is JobStatus.InProgress or JobStatus.Cancelling && line != last)
                run.Tell(line);
            last = line;
        };
    }

    private static CliCommand Stop()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("job"));
        return new CliCommand(
            "stop",
            "Stops a backup, restore, verification or reclaim that is under way; what it had stored is used by the next one.",
            "rvault job stop --vault-name docs --name 0199a1b2-..."
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var client = await run.ConnectAsync(cancellation: cancellation);
                var vault = await client.FindVaultAsync(run.Require(vaultName));
                var jobId = JobIdOf(run.Require(name));
                await vault.Jobs.StopAsync(jobId);
                // A reclaim ends at its next step.
                Print(run, await client.WaitForJobAsync(vault, jobId, report: Watch(run), cancellation: cancellation));
            }
        );
    }

    private static VaultException FailureOf(JobSummary job) =>
        job.ErrorDetails is [var error, ..]
            ? new VaultException(error.Code, $"Job {job.JobId} ({job.Operation}) {job.Status}: {error.Message}", error.Recommendation)
            : new VaultException(
                job.Status == JobStatus.Cancelled ? ErrorCodes.JobCancelled : ErrorCodes.JobFailed,
                $"Job {job.JobId} ({job.Operation}) is {job.Status}."
            );

    private static Guid JobIdOf(string name) =>
        Guid.TryParse(name, out var jobId) ? jobId : throw new VaultException(ErrorCodes.JobNotFound, $"'{name}' is no job id.");

    private static void Print(Invocation run, JobSummary job) => run.Print(JobShape.Of(job), OutputJson.Plain.JobShape, ShowJob.One);
}
