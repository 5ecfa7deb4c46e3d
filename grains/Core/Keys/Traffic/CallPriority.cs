namespace RecoveryVault.Keys.Traffic;

/// <summary>
/// Jobs before passes: whether the calls made from here are a rotation's pass, which takes of a key vault only what jobs leave. It goes
/// along with the flow of the call, as nothing between the pass and the key vault has to know.
/// </summary>
public static class CallPriority
{
    private static readonly AsyncLocal<bool> Yields = new();

    public static bool IsYielding => Yields.Value;

    /// <summary>Runs what can wait.</summary>
    public static async Task YieldAsync(Func<Task> pass)
    {
        // Seen by what is called from here, not by the caller.
        Yields.Value = true;
        await pass();
    }
}
