namespace RecoveryVault.Access;

/// <summary>
/// The verified caller of the call chain under way. Only the call filter sets it; whatever a client sends under that name is overwritten.
/// </summary>
public static class Caller
{
    private const string Key = "rv.caller";

    /// <summary>What the vault does by itself: reminders and timers.</summary>
    public const string System = "system";

    public static string Current => RequestContext.Get(Key) as string ?? System;

    internal static void Set(string? caller)
    {
        if (caller is null)
            RequestContext.Remove(Key);
        else
            RequestContext.Set(Key, caller);
    }
}

/// <summary>Who calls this silo from outside, and as what. Embedded: the operating system's user of this very process.</summary>
public sealed record VerifiedClient(string Name, VaultRole Role);
