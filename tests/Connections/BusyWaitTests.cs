using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Connections;

public sealed class BusyWaitTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(ErrorCodes.BackupInProgress, false)]
    [InlineData(ErrorCodes.ClusterUnavailable, false)]
    [InlineData(ErrorCodes.ServerBusy, true)]
    [InlineData(ErrorCodes.ClientLimitReached, true)]
    public void Allows_OnlyWhatTimeMends(string code, bool isAllowed) =>
        Assert.Equal(isAllowed, new BusyWait(TimeSpan.FromHours(1), _time).Allows(new VaultException(code, "")));

    [Fact]
    public async Task Allows_PatienceIsOver_No()
    {
        var busy = new VaultException(ErrorCodes.ServerBusy, "") { RetryAfter = TimeSpan.FromSeconds(5) };
        var wait = new BusyWait(TimeSpan.FromSeconds(5), _time);
        Assert.True(wait.IsNews);
        var pause = wait.PauseAsync(busy, CancellationToken.None);
        Assert.False(pause.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(8));
        await pause;

        Assert.False(wait.Allows(busy));
        Assert.False(wait.IsNews);
        Assert.False(new BusyWait(TimeSpan.Zero, _time).Allows(busy));
    }

    [Theory]
    [InlineData(4, 0, 0, 4)]
    [InlineData(4, 9, 1, 6)]
    [InlineData(0, 0, 0, 1)]
    [InlineData(0, 3, 1, 12)]
    [InlineData(0, 60, 0, 15)]
    public void DelayOf_NeverEarlierThanAsked_AndBounded(double hint, int tries, double chance, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), BusyWait.DelayOf(TimeSpan.FromSeconds(hint), tries, chance));
}
