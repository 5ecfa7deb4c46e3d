using RecoveryVault.Errors;
using RecoveryVault.Files.Native;

namespace RecoveryVault.Streams;

/// <summary>This process's standard input as content. However it ends, it is whole: a pipe does not say how its writer fared.</summary>
public static class StandardInput
{
    /// <exception cref="VaultException">SourceUnreadable: it is closed, or a terminal, where somebody would wait for nothing.</exception>
    public static void RequireRedirected()
    {
        // Where it was closed, its number names some file of the runtime's own by now.
        if (OperatingSystem.IsLinux() && !Libc.IsInherited(0))
            throw new VaultException(
                ErrorCodes.SourceUnreadable,
                "Standard input is closed.",
                "Pipe the content in, or redirect a file with '<'."
            );
        if (!Console.IsInputRedirected)
            throw new VaultException(
                ErrorCodes.SourceUnreadable,
                "Standard input is a terminal, not the content to back up.",
                "Pipe a command into this one, redirect a file to it with '<', or name the command after --stdin-from-command --."
            );
    }

    /// <summary>Opens it; to be read once.</summary>
    public static Stream Open() => new InputStream(Console.OpenStandardInput());

    /// <summary>Never closed: a read that was given up may still wait in it.</summary>
    private sealed class InputStream(Stream input) : OutsideStream(input, "Standard input")
    {
        protected override Task RequireWholeAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
