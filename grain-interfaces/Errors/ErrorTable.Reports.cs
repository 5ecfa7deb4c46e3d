using static RecoveryVault.Errors.ErrorCodes;

namespace RecoveryVault.Errors;

public static partial class ErrorTable
{
    private static ErrorEntry[] Reports() =>
        [
            new(
                ReportUnreadable,
                "The file is no signed report, or a newer version wrote it.",
                "Name the file that --report wrote, with the same version of the program."
            ),
            new(
                ReportOtherKey,
                "The report is signed with a key that is not this store's, or not the public key that was named.",
                "Do not rely on it; ask the store's owner for 'rvault report public-key' on a way you trust."
            ),
            new(ReportTampered, "The report was changed after it was signed.", "Do not rely on it; ask for a new one."),
            new(ReportOtherVault, "The report is good, but it is about another vault.", "Ask for the report of the vault you mean."),
            new(ReportOutdated, "The report is good, but older than you accept.", "Ask for a new one."),
        ];
}
