using System.CommandLine;
using RecoveryVault.Cli.Output;
using RecoveryVault.Errors;
using RecoveryVault.Jobs;
using Spectre.Console;

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
                run.Print(
                    [.. jobs],
                    OutputJson.Plain.JobShapeArray,
                    (console, shown) =>
                        Show.Table(
                            console,
                            shown,
                            "No jobs.",
                            ("Job", j => j.JobId.ToString()),
                            ("Operation", j => j.Operation),
                            ("Item", j => j.ItemName),
                            ("Status", j => j.Status),
                            ("Started", j => Show.Time(j.StartTime)),
                            ("Duration", j => j.DurationSeconds is { } s ? Show.Duration(TimeSpan.FromSeconds(s)) : null),
                            ("Error", j => j.ErrorDetails is [var e, ..] ? e.Code : "")
                        )
                );
            }
        );
    }

    private static CliCommand ShowOne()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("job"));
        return new CliCommand("show", "Shows a job.", "rvault job show --vault-name docs --name 0199a1b2-...") { vaultName, name }.Runs(
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
        return new CliCommand(
            "wait",
            "Waits until a job has ended; exit code 1 if it failed.",
            "rvault job wait --vault-name docs --name 0199a1b2-..."
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                JobSummary job;
                while ((job = await vault.Jobs.GetAsync(JobIdOf(run.Require(name)))).Status is JobStatus.InProgress or JobStatus.Cancelling)
                    await Task.Delay(TimeSpan.FromSeconds(1), Invocation.Time, cancellation);
                if (job.Status is JobStatus.Failed or JobStatus.Cancelled)
                    throw FailureOf(job);
                Print(run, job);
                return job.Status == JobStatus.CompletedWithWarnings ? ExitCodes.DoneWithWarnings : ExitCodes.Done;
            }
        );
    }

    /// <summary>No process can see another's running job as long as each has the store to itself, so there is none to stop.</summary>
    private static CliCommand Stop()
    {
        var (vaultName, name) = (CommandParts.VaultName(), CommandParts.Name("job"));
        return new CliCommand(
            "stop",
            "Stops a job that is under way; one that runs in another terminal is stopped there, with Ctrl-C.",
            "rvault job stop --vault-name docs --name 0199a1b2-..."
        )
        {
            vaultName,
            name,
        }.Runs(
            async (run, cancellation) =>
            {
                var vault = await (await run.ConnectAsync(cancellation: cancellation)).FindVaultAsync(run.Require(vaultName));
                var job = await vault.Jobs.GetAsync(JobIdOf(run.Require(name)));
                throw new VaultException(ErrorCodes.JobNotRunning, $"Job {job.JobId} is not under way: it is {job.Status}.");
            }
        );
    }

    private static VaultException FailureOf(JobSummary job) =>
        job.ErrorDetails is [var error, ..]
            ? new VaultException(error.Code, $"Job {job.JobId} ({job.Operation}) {job.Status}: {error.Message}", error.Recommendation)
            : new VaultException(ErrorCodes.JobFailed, $"Job {job.JobId} ({job.Operation}) is {job.Status}.");

    private static Guid JobIdOf(string name) =>
        Guid.TryParse(name, out var jobId) ? jobId : throw new VaultException(ErrorCodes.JobNotFound, $"'{name}' is no job id.");

    private static void Print(Invocation run, JobSummary job) =>
        run.Print(
            JobShape.Of(job),
            OutputJson.Plain.JobShape,
            (console, shown) =>
                Show.Facts(
                    console,
                    [
                        ("Job", shown.JobId.ToString()),
                        ("Operation", shown.Operation),
                        ("Item", shown.ItemName),
                        ("Status", shown.Status),
                        ("Started", Show.Time(shown.StartTime)),
                        ("Ended", shown.EndTime is { } end ? Show.Time(end) : null),
                        ("Duration", shown.DurationSeconds is { } s ? Show.Duration(TimeSpan.FromSeconds(s)) : null),
                        ("Caller", shown.Caller),
                        .. shown.Properties.Select(p => (p.Key, (string?)p.Value)),
                        .. shown.ErrorDetails.Select(e => (e.Code, (string?)$"{e.Message} {e.Recommendation}")),
                    ]
                )
        );
}
