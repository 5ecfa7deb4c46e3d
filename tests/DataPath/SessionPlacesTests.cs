using CsCheck;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.DataPath;

public sealed class SessionPlacesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Take_AllAreTaken_IsServerBusyAndSaysWhenToAskAgain()
    {
        var places = Of(2, 2);
        using var first = places.Take(Guid.NewGuid(), "one");
        using var second = places.Take(Guid.NewGuid(), "two");

        var refusal = Refused(places, Guid.NewGuid(), "three");

        Assert.Equal(ErrorCodes.ServerBusy, refusal.Code);
        Assert.InRange(refusal.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Take_MoreThanItsShare_IsRefusedThisClientOnly()
    {
        var places = Of(4, 2);
        using var first = places.Take(Guid.NewGuid(), "greedy");
        var second = places.Take(Guid.NewGuid(), "greedy");

        Assert.Equal(ErrorCodes.ClientLimitReached, Refused(places, Guid.NewGuid(), "greedy").Code);
        using var other = places.Take(Guid.NewGuid(), "modest");
        second.Dispose();
        second.Dispose();

        using var again = places.Take(Guid.NewGuid(), "greedy");
        Assert.Equal(3, places.Taken);
    }

    [Fact]
    public void Take_PlaceGetsFree_GoesToWhoWaitsLongest()
    {
        var places = Of(1, 1);
        var (early, late) = (Guid.NewGuid(), Guid.NewGuid());
        var taken = places.Take(Guid.NewGuid(), "one");
        Refused(places, early, "early");
        Refused(places, late, "late");
        taken.Dispose();

        Assert.Equal(ErrorCodes.ServerBusy, Refused(places, Guid.NewGuid(), "newcomer").Code);
        Refused(places, late, "late");
        using var place = places.Take(early, "early");
    }

    [Fact]
    public void Take_WhoWaitedNeverCame_LosesHisTurn()
    {
        var places = Of(1, 1);
        var taken = places.Take(Guid.NewGuid(), "one");
        Refused(places, Guid.NewGuid(), "dead");
        var next = Guid.NewGuid();
        Refused(places, next, "next");
        taken.Dispose();

        for (var looks = 0; looks < 6; looks++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            if (looks < 3)
                Refused(places, next, "next");
        }

        using var place = places.Take(next, "next");
    }

    [Fact]
    public void Take_OfWhoReachedHisShareMeanwhile_HoldsUpNobody()
    {
        var places = Of(2, 1);
        var first = places.Take(Guid.NewGuid(), "one");
        var second = places.Take(Guid.NewGuid(), "two");
        var mine = Guid.NewGuid();
        Refused(places, mine, "three");
        first.Dispose();
        Refused(places, Guid.NewGuid(), "four");
        second.Dispose();
        using var place = places.Take(mine, "three");
        Assert.Equal(ErrorCodes.ClientLimitReached, Refused(places, Guid.NewGuid(), "three").Code);

        Assert.Equal(1, places.Taken);
    }

    [Fact]
    public void TakeBeside_AllAreTaken_HasRoomOfItsOwn_AndABound()
    {
        var places = Of(1, 1);
        using var backup = places.Take(Guid.NewGuid(), "one");

        var reader = places.TakeBeside("one");
        Assert.Equal(ErrorCodes.ServerBusy, Assert.Throws<VaultException>(() => places.TakeBeside("one")).Code);
        reader.Dispose();

        places.TakeBeside("one").Dispose();
    }

    /// <summary>Whatever comes and goes: never more than the limits, never a place lost, and who goes on asking gets one.</summary>
    [Fact]
    public void Places_AnyClientsComingAndGoing_KeepTheLimitsAndServeEverybody() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[0, 4].Array[1, 40])
            .Sample(
                (limit, share, clients) =>
                {
                    var places = Of(limit, share);
                    List<(Guid Operation, string Client)> waiting = [.. clients.Select(c => (Guid.NewGuid(), $"{c}"))];
                    var open = new Queue<SessionPlace>();
                    for (var rounds = 0; waiting.Count > 0; rounds++)
                    {
                        Assert.True(rounds <= clients.Length, "Somebody starves.");
                        foreach (var one in waiting.ToList())
                        {
                            if (TryTake(places, one) is not { } place)
                                continue;
                            open.Enqueue(place);
                            waiting.Remove(one);
                        }
                        Assert.InRange(places.Taken, 0, limit);
                        Assert.All(open.CountBy(p => p.Client), p => Assert.InRange(p.Value, 1, share));
                        if (open.TryDequeue(out var over))
                            over.Dispose();
                        _time.Advance(TimeSpan.FromSeconds(1));
                    }
                    while (open.TryDequeue(out var over))
                        over.Dispose();
                    Assert.Equal(0, places.Taken);
                },
                iter: TestScale.Iterations(200),
                threads: 1
            );

    [Theory]
    [InlineData(128L << 20, 1, 16, 64L << 20)]
    [InlineData(2L << 30, 2, 16, 256L << 20)]
    [InlineData(16L << 30, 2, 128, 2L << 30)]
    [InlineData(1L << 40, 64, 1024, 4L << 30)]
    public void For_AMachine_IsWhatFits(long memory, int processors, int sessions, long traffic)
    {
        var limits = SessionLimits.For(memory, processors);
        Assert.Equal((sessions, sessions / 4, traffic), (limits.Sessions, limits.SessionsPerClient, limits.TrafficBytes));
    }

    private static SessionPlace? TryTake(SessionPlaces places, (Guid Operation, string Client) one)
    {
        try
        {
            return places.Take(one.Operation, one.Client);
        }
        catch (VaultException e)
        {
            Assert.True(e.RetryAfter > TimeSpan.Zero);
            return null;
        }
    }

    private SessionPlaces Of(int sessions, int share) => new(new SessionLimits(sessions, share, 0), _time);

    private static VaultException Refused(SessionPlaces places, Guid operation, string client) =>
        Assert.Throws<VaultException>(() => places.Take(operation, client));
}
