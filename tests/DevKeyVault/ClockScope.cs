namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Moves the server's clock, and puts it right again: tests of a class share the server.</summary>
internal sealed class ClockScope(ServerStage stage) : IDisposable
{
    public Task AdvanceAsync(TimeSpan by) => stage.ManageAsync(HttpMethod.Put, "clock", new { advanceSeconds = by.TotalSeconds });

    public void Dispose() =>
        stage.ManageAsync(HttpMethod.Put, "clock", new { now = TimeProvider.System.GetUtcNow() }).GetAwaiter().GetResult();
}
