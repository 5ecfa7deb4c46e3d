using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Hosting;

namespace RecoveryVault.Tests.Hosting;

public sealed class QuietMembershipTests
{
    [Fact]
    public async Task Updates_AskedForBeforeTheyEnded_EndAtOnce()
    {
        var membership = new QuietMembership(new EndedMembership());
        await using var before = membership.MembershipUpdates.GetAsyncEnumerator();
        Assert.True(await before.MoveNextAsync());
        Assert.Equal(1, await CountAsync(membership));

        Assert.False(await before.MoveNextAsync());
    }

    [Fact]
    public async Task Updates_AskedForAfterTheyEnded_WaitUntilGivenUp()
    {
        var membership = new QuietMembership(new EndedMembership());
        Assert.Equal(1, await CountAsync(membership));
        using var cancellation = new CancellationTokenSource();
        var again = CountAsync(membership, cancellation.Token);
        Assert.False(again.IsCompleted);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);
    }

    [Fact]
    public void Register_WithoutOrleans_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() => QuietMembership.Register(new ServiceCollection()));

    [Fact]
    public void Register_MembershipOfAnUnknownForm_IsRefused() =>
        Assert.Throws<InvalidOperationException>(() =>
            QuietMembership.Register(new ServiceCollection().AddSingleton<IClusterMembershipService>(new EndedMembership()))
        );

    private static async Task<int> CountAsync(QuietMembership membership, CancellationToken cancellation = default) =>
        await membership.MembershipUpdates.CountAsync(cancellation);

    /// <summary>One update, and none after it: the membership of a silo that is gone.</summary>
    private sealed class EndedMembership : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new([], new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => new[] { CurrentSnapshot }.ToAsyncEnumerable();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

        public Task<bool> TryKill(SiloAddress siloAddress) => Task.FromResult(false);
    }
}
