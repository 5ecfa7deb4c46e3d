using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Storage;

/// <summary>A child process that holds a store's lock.</summary>
internal static class StoreLockRole
{
    /// <summary>
    /// ROOT COMMAND: takes the lock, says "waiting for …" if it must wait, then "held", and keeps it until its input ends.
    /// </summary>
    public static async Task HoldAsync(string[] args)
    {
        await using var held = await StoreLock.AcquireAsync(
            args[0],
            args[1],
            TimeSpan.FromSeconds(60),
            TimeProvider.System,
            holder => Console.Out.WriteLine($"waiting for {holder}")
        );
        await Console.Out.WriteLineAsync("held");
        await Console.In.ReadToEndAsync();
    }
}
