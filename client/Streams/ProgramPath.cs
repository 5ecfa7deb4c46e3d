namespace RecoveryVault.Streams;

/// <summary>
/// Finds a program as a shell does. .NET by itself would look beside our own program and in the working directory first, and run what
/// somebody left there.
/// </summary>
internal static class ProgramPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The absolute path of a program; null when no directory of PATH has it. A name with a slash is a path already.</summary>
    internal static string? Find(string program)
    {
        if (program.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(program);
        var directories = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return program.Length == 0
            ? null
            : directories.Select(directory => Path.GetFullPath(Path.Combine(directory, program))).FirstOrDefault(IsProgram);
    }

    private static bool IsProgram(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & Executable) != 0;
}
