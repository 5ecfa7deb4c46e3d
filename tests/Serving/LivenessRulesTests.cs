using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using RecoveryVault.Serving;

namespace RecoveryVault.Tests.Serving;

public sealed class LivenessRulesTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly ClusterMembershipOptions _membership = new();

    public LivenessRulesTests() => LivenessRules.Apply(_membership);

    /// <summary>Callers give up after 30 s, and whoever then begins again must find another silo.</summary>
    [Fact]
    public void Apply_WhateverTheRuntimeHasObserved_NeedsFifteenSecondsOfSilence()
    {
        Assert.True(_membership.EnableConnectionLivenessCheck);
        Assert.Equal(Silence, _membership.NumMissedProbesLimit * _membership.MaxProbeTimeout);
        Assert.Equal(Silence, _membership.NumMissedProbesLimit * _membership.MinProbeTimeout);
    }

    /// <summary>Two that die together are not asked about each other for long: heartbeats, then a look, then a probe.</summary>
    [Fact]
    public void Apply_WhoseHeartbeatsAreStale_IsSeenBeforeCallersGiveUp() =>
        Assert.True(Silence + _membership.TableRefreshTimeout + _membership.ProbeTimeout <= TimeSpan.FromSeconds(30));

    /// <summary>The last one of three need not wait for another vote longer than that.</summary>
    [Fact]
    public void Apply_Heartbeats_AreStaleAfterTheSameTime() =>
        Assert.Equal(Silence, _membership.NumMissedTableIAmAliveLimit * _membership.IAmAliveTablePublishTimeout);

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Apply_IsWhatASiloOfAClusterGoesBy()
    {
        using var place = new SiloPlace();
        await place.CreateStoreAsync();
        using var store = await ClusterStore.OpenAsync(null, place.Options, place.Settings, TimeProvider.System);
        await using var silo = await ClusterSilo.StartAsync(store, place.Settings, TimeProvider.System);
        var options = silo.Services.GetRequiredService<IOptions<ClusterMembershipOptions>>().Value;
        Assert.Equivalent(_membership, options, strict: true);
    }
}
