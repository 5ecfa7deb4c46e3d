namespace RecoveryVault;

/// <summary>What every contract keeps to: calls carry control only, and bulk goes over the data plane.</summary>
public static class MessageLimits
{
    /// <summary>The longest request or answer of a grain call, in bytes as sent.</summary>
    public const int MaxBytes = 256 << 10;
}
