using CsCheck;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys.Traffic;

/// <summary>What is forgotten, and when.</summary>
public sealed class IdleMapTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Entry_NotUsedForTheTime_IsForgotten_OneInUseIsNot()
    {
        var map = new IdleMap<string, object>(Idle, 10, _time);
        var (used, left) = (map.GetOrAdd("used", New), map.GetOrAdd("left", New));
        for (var quarters = 0; quarters < 4; quarters++)
        {
            _time.Advance(Idle / 4);
            Assert.Same(used, map.GetOrAdd("used", New));
        }

        Assert.Equal(1, map.Count);
        Assert.NotSame(left, map.GetOrAdd("left", New));
    }

    [Fact]
    public void Entries_WhateverIsAskedFor_AreTheNewestFew() =>
        Gen.Int[0, 9]
            .Array[1, 60]
            .Sample(
                keys =>
                {
                    var map = new IdleMap<int, int>(Idle, 4, _time);
                    List<int> made = [];
                    foreach (var key in keys)
                    {
                        _time.Advance(TimeSpan.FromMilliseconds(1));
                        map.GetOrAdd(
                            key,
                            k =>
                            {
                                made.Add(k);
                                return k;
                            }
                        );
                    }
                    var newest = keys.Reverse().Distinct().Take(4).ToList();
                    var before = made.Count;
                    foreach (var key in newest)
                        Assert.Equal(key, map.GetOrAdd(key, _ => -1));
                    Assert.Equal((newest.Count, before), (map.Count, made.Count));
                },
                iter: TestScale.Iterations(200),
                threads: 1
            );

    private static object New(string key) => new();
}
