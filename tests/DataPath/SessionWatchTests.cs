using Microsoft.Extensions.Time.Testing;
using RecoveryVault.DataPath;

namespace RecoveryVault.Tests.DataPath;

/// <summary>Who is silent, and who could not be heard.</summary>
public sealed class SessionWatchTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly FakeTimeProvider _time = new();
    private readonly SessionWatch _watch;

    public SessionWatchTests() => _watch = new SessionWatch(Period, _time);

    private void Look(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _time.Advance(Period);
            _watch.Look();
        }
    }

    [Fact]
    public void IsSilent_NotHeardOfForLongerThanTheLimit_IsTrue()
    {
        var heardAt = _time.GetTimestamp();
        Look(6);
        Assert.False(_watch.IsSilent(heardAt, Limit));
        Look(1);
        Assert.True(_watch.IsSilent(heardAt, Limit));
        Assert.False(_watch.IsSilent(_time.GetTimestamp(), Limit));
    }

    [Fact]
    public void IsSilent_ProcessStoodStillBetweenTwoLooks_CountsFromTheSecond()
    {
        var heardAt = _time.GetTimestamp();
        Look(5);
        _time.Advance(TimeSpan.FromHours(1));
        _watch.Look();
        Assert.False(_watch.IsSilent(heardAt, Limit));
        Look(6);
        Assert.False(_watch.IsSilent(heardAt, Limit));
        Look(1);
        Assert.True(_watch.IsSilent(heardAt, Limit));
    }

    [Fact]
    public void IsSilent_ProcessStandsStillInTheMiddleOfALook_IsAsOfItsBeginning()
    {
        Look(3);
        var heardAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(_watch.IsSilent(heardAt, Limit));
    }
}
