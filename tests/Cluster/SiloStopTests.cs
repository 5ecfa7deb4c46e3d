using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A silo that stops in order, with sessions open and data keys in its cache.</summary>
public sealed class SiloStopTests : IAsyncLifetime
{
    private readonly VaultCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Stop_SessionOpenAndKeysCached_ZeroesThemAndTheOtherSiloGoesOn()
    {
        using var item = await KeyedItem.CreateAsync(_cluster);
        await item.BackUpAsync();
        var ticket = (await item.Grain.BeginBackupAsync(new BeginBackup(Guid.NewGuid()))).Session!;
        var channel = await _cluster.DataPlane.OpenBackupAsync(ticket, default);
        var silo = _cluster.Cluster.GetActiveSilos().Single(s => Sessions(s.ServiceProvider).Contains(ticket.SessionId));
        var (sessions, deks) = (Sessions(silo.ServiceProvider), silo.ServiceProvider.GetRequiredService<DekCache>());
        var keys = _cluster.KeyVaultTraffic.Unwrapped.Append(channel.Chunker.Seed).ToList();
        // All but those of trial wraps are cached, and so is the session's own copy there.
        Assert.Contains(keys, key => key.Span.ContainsAnyExcept((byte)0));
        Assert.True(channel.Chunker.Seed.Span.ContainsAnyExcept((byte)0));

        await _cluster.Cluster.StopSiloAsync(silo);

        Assert.All(keys, key => Assert.False(key.Span.ContainsAnyExcept((byte)0)));
        Assert.True(sessions.IsEmpty);
        Assert.True(deks.IsEmpty);
        var gone = await Assert.ThrowsAsync<VaultException>(async () => await channel.FindNewAsync([], default));
        Assert.Equal(ErrorCodes.SessionLost, gone.Code);
        Assert.Equal(ErrorCodes.ClusterUnavailable, Assert.Throws<VaultException>(sessions.RequireOpen).Code);
        // Handed over: nobody waits for the silo that is gone.
        await item.BackUpAsync();
        await item.RestoreAsync();
        Assert.Equal(2, (await item.Grain.ListRecoveryPointsAsync(new())).Items.Count);
    }

    private static SessionRegister Sessions(IServiceProvider silo) => silo.GetRequiredService<SessionRegister>();
}
