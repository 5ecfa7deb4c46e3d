using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

public static partial class ErrorTable
{
    private static ErrorEntry[] Jobs() =>
        [
            new(JobNotFound, "The vault has no such job.", "See its jobs with 'rvault job list'."),
            new(JobNotRunning, "The job has ended already.", "There is nothing to stop; see how it ended with 'rvault job show'."),
            new(JobCancelled, "Somebody stopped the job; nothing is left half done.", "Run it again if it is still wanted."),
            new(
                JobNotStoppable,
                "The job cannot be stopped without leaving something half done.",
                "Let it end: 'rvault job wait' tells when it has."
            ),
            new(JobStillRunning, "The job had not ended when the time to wait was over.", "Wait longer, or look with 'rvault job show'."),
            new(JobFailed, "The job ended without doing what it was for.", "See 'rvault job show', and run it again."),
            new(
                JobInterrupted,
                "The process that ran the job ended before the job did.",
                "Run it again: what was stored is used, earlier recovery points are untouched."
            ),
        ];
}
