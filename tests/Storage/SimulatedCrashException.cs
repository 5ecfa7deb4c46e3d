namespace RecoveryVault.Tests.Storage;

/// <summary>
/// The process of the test died here; what it held in memory must not be used any more. Never to be caught by product code.
/// </summary>
public sealed class SimulatedCrashException() : Exception("The process crashed (simulated by a test).");
