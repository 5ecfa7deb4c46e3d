using System.Runtime.Versioning;

namespace RecoveryVault.Tests.Chaos;

/// <summary>How long a kill was felt.</summary>
/// <param name="Ready">Until the silo was ready again, and a backup that began after the kill was acknowledged.</param>
/// <param name="Whole">Until that was so of every item.</param>
internal sealed record Recovery(TimeSpan Ready, TimeSpan Whole);

/// <summary>Kills silos at random, one every few seconds, and starts them again at once; one that is ready is always left.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosKills(ChaosPlace place, IReadOnlyList<ChaosItem> items, bool freezes, ChaosDraw draw)
{
    /// <summary>Nobody waits longer; the bar is less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The others have taken a silo that stands still so long for dead.</summary>
    private static readonly TimeSpan Frost = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public List<Recovery> Recoveries { get; } = [];

    /// <summary>Kills that hit while the silo before was not back yet.</summary>
    public int Doubled { get; private set; }

    /// <summary>Of each silo that stood still, went on, and ended by itself: how long until every item was backed up without it.</summary>
    public List<TimeSpan> Freezes { get; } = [];

    public async Task RunAsync(TimeSpan duration)
    {
        List<Task<Recovery>> felt = [];
        for (var start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < duration; )
        {
            await Task.Delay(draw.Between(ShortestPause, LongestPause), TimeProvider.System);
            var ready = await ReadyAsync();
            if (ready.Count < 2)
                continue;
            var victim = ready[draw.Below(ready.Count)];
            if (freezes && felt.Count % 6 == 2 && ready.Count == place.Silos.Count && Freezes.Count <= felt.Count / 6)
            {
                await FreezeAsync(victim);
                continue;
            }
            if (ready.Count < place.Silos.Count)
                Doubled++;
            await victim.KillAsync();
            var at = TimeProvider.System.GetTimestamp();
            victim.StartAgain();
            felt.Add(MeasureAsync(victim, at));
            // Two out of three kills are waited for: what is never whole shows nothing.
            if (draw.Below(3) > 0)
                await felt[^1];
        }
        Recoveries.AddRange(await Task.WhenAll(felt));
    }

    /// <summary>
    /// It stands in the middle of whatever it did, a rotation now and then; the others do all of it anew. Then it ends by itself.
    /// </summary>
    private async Task FreezeAsync(ChaosSilo victim)
    {
        victim.Signal("STOP");
        var at = TimeProvider.System.GetTimestamp();
        await AwaitAsync(() => items.All(item => item.BegunOfAcknowledged > at), at, "not every item");
        var whole = TimeProvider.System.GetElapsedTime(at);
        var left = Frost - whole;
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System);
        victim.Signal("CONT");
        Assert.Equal(1, await victim.Process.WaitAsync(Patience));
        Assert.Contains("This silo must not go on", victim.Process.Errors, StringComparison.Ordinal);
        await victim.Process.DisposeAsync();
        victim.StartAgain();
        await victim.AwaitReadyAsync(Patience);
        Freezes.Add(whole);
    }

    private async Task<List<ChaosSilo>> ReadyAsync()
    {
        var ready = await Task.WhenAll(place.Silos.Select(silo => silo.IsReadyAsync()));
        return [.. place.Silos.Where((_, i) => ready[i])];
    }

    private async Task<Recovery> MeasureAsync(ChaosSilo victim, long at)
    {
        // A silo that is killed once more before it was ready is measured from then on.
        await victim.AwaitReadyAsync(Patience);
        await AwaitAsync(() => items.Any(item => item.BegunOfAcknowledged > at), at, "no item");
        var ready = TimeProvider.System.GetElapsedTime(at);
        await AwaitAsync(() => items.All(item => item.BegunOfAcknowledged > at), at, "not every item");
        return new Recovery(ready, TimeProvider.System.GetElapsedTime(at));
    }

    private async Task AwaitAsync(Func<bool> condition, long at, string what)
    {
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(at) > Patience)
            {
                var waiting = items.Where(item => item.BegunOfAcknowledged <= at).Select(item => $"{item.Name}:\n  {item.Told}");
                Assert.Fail(
                    $"{TimeProvider.System.GetUtcNow():HH:mm:ss} {what} was backed up within {Patience.TotalSeconds:0} s of a kill: {string.Join('\n', waiting)}"
                );
            }
            await Task.Delay(LookPeriod, TimeProvider.System);
        }
    }
}
