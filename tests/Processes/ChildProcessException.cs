namespace RecoveryVault.Tests.Processes;

/// <summary>A child process did not do what a test awaited.</summary>
internal sealed class ChildProcessException(string message) : Exception(message);
