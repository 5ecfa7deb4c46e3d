namespace RecoveryVault.DataPath.Wire;

/// <summary>What is wrong with bytes a peer sent.</summary>
public enum WireFault
{
    /// <summary>They are not what the protocol says.</summary>
    Malformed,

    /// <summary>More than the protocol allows.</summary>
    TooLarge,

    /// <summary>They end before they are complete.</summary>
    Truncated,
}

/// <summary>A peer sent bytes that cannot be used. Nothing of them was acted on but the frames before.</summary>
public sealed class WireFaultException(WireFault fault, string message) : Exception(message)
{
    /// <summary>Which kind.</summary>
    public WireFault Fault { get; } = fault;
}
