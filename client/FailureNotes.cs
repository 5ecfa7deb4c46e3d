namespace RecoveryVault;

/// <summary>
/// The first failure is the one to report. What fails while cleaning up behind it goes with it as a note, so that it neither hides the
/// reason nor gets lost.
/// </summary>
public static class FailureNotes
{
    private const string Key = "RecoveryVault.Notes";

    /// <summary>What else went wrong, oldest first.</summary>
    public static IReadOnlyList<string> Of(Exception first) => first.Data[Key] as string[] ?? [];

    /// <summary>Puts a later failure beside the first.</summary>
    public static void Add(Exception first, string what, Exception second) =>
        first.Data[Key] = (string[])[.. Of(first), $"{what}: {second.Message}"];
}
