using RecoveryVault.Errors;

namespace RecoveryVault.Streams;

/// <summary>The standard output of a command as content.</summary>
public static class CommandOutput
{
    /// <summary>
    /// Starts a command, a program and its arguments, and opens what it writes. Reading to the end fails unless the command ends with exit
    /// code 0; disposing ends it if it still runs.
    /// </summary>
    /// <exception cref="VaultException">CommandFailed: it cannot be started.</exception>
    public static Stream Open(IReadOnlyList<string> command, TimeProvider time) => CommandStream.Start(command, time);
}
