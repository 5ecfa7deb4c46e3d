using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Backups;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Backups;

public sealed class SessionRestartsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(ErrorCodes.StoreFull)]
    [InlineData(ErrorCodes.JobCancelled)]
    [InlineData(ErrorCodes.UserErrorCMKKeyExpired)]
    public void Allows_ARefusal_No(string code) => Assert.False(New().Allows(new VaultException(code, "")));

    [Fact]
    public void Allows_WithoutPatience_No() => Assert.False(new SessionRestarts(TimeSpan.Zero, _time).Allows(Loss));

    [Fact]
    public void Allows_SlotTaken_OnlyWhenItMayBeOurOwn()
    {
        var restarts = New();
        var taken = new VaultException(ErrorCodes.BackupInProgress, "");
        Assert.False(restarts.Allows(taken));
        restarts.Opened();
        Assert.True(restarts.Allows(taken));
    }

    [Fact]
    public void Allows_NoSessionForTooLong_No()
    {
        var restarts = New();
        Assert.True(restarts.Allows(Loss));
        _time.Advance(Patience / 2);
        Assert.True(restarts.Allows(Loss));
        restarts.Opened();
        _time.Advance(Patience);
        Assert.True(restarts.Allows(Loss));
        _time.Advance(Patience);
        Assert.False(restarts.Allows(Loss));
    }

    [Fact]
    public void Allows_TooManySessions_No()
    {
        var restarts = New();
        for (var i = 0; i < SessionRestarts.MaxSessions; i++)
        {
            Assert.True(restarts.Allows(Loss));
            restarts.Opened();
        }
        Assert.False(restarts.Allows(Loss));
    }

    private static VaultException Loss => new(ErrorCodes.SessionLost, "");

    private SessionRestarts New() => new(Patience, _time);
}
