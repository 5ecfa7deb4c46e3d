using Orleans.Serialization;

namespace RecoveryVault.Errors;

/// <summary>
/// The runtime gives up placing a grain, beside a silo that stands still, with an exception of a library that it does not let through its
/// own serializer: who asked from another process is told that a codec is missing, and neither is one of its own kinds.
/// </summary>
public static class PlacementTimeout
{
    private const string Thrown = "Polly.Timeout.TimeoutRejectedException";

    /// <summary>Whether that is what was thrown, here or in another process.</summary>
    public static bool Is(Exception exception) =>
        exception.GetType().FullName == Thrown
        || (exception is CodecNotFoundException && exception.Message.Contains(Thrown, StringComparison.Ordinal));
}
