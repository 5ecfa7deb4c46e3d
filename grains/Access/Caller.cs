namespace RecoveryVault.Access;

/// <summary>
/// The verified caller of the call chain under way. Only the call filter sets it; whatever a client sends under that name is overwritten.
/// </summary>
public static class Caller
{
    private const string Key = "rv.caller";
    private const string ConnectionKey = "rv.connection";

    /// <summary>What the vault does by itself: reminders and timers.</summary>
    public const string System = "system";

    public static string Current => RequestContext.Get(Key) as string ?? System;

    /// <summary>
    /// Which of the caller's processes it is: what limits for each client go by. Its runtime chose it by itself; whoever was let in could
    /// choose another, and would gain nothing but a larger share.
    /// </summary>
    public static string Connection => RequestContext.Get(ConnectionKey) as string ?? System;

    internal static void Set(string? caller, string? connection = null)
    {
        Put(Key, caller);
        Put(ConnectionKey, connection);
    }

    private static void Put(string key, string? value)
    {
        if (value is null)
            RequestContext.Remove(key);
        else
            RequestContext.Set(key, value);
    }
}

/// <summary>Who calls this silo from outside, and as what. Embedded: the operating system's user of this very process.</summary>
public sealed record VerifiedClient(string Name, VaultRole Role);
