using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace RecoveryVault.Hosting;

/// <summary>
/// Orleans' membership, but who asks for updates after they have ended waits until he gives up. Orleans' grain directory asks again as
/// soon as they end, for ever, unless its silo was stopped in order: a silo that failed to start, or was only disposed of, would take a
/// whole processor as long as its process lives.
/// </summary>
internal sealed class QuietMembership(IClusterMembershipService inner) : IClusterMembershipService
{
    private volatile bool _ended;

    public ClusterMembershipSnapshot CurrentSnapshot => inner.CurrentSnapshot;

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => UpdatesAsync();

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
        inner.Refresh(minimumVersion, cancellationToken);

    public Task<bool> TryKill(SiloAddress siloAddress) => inner.TryKill(siloAddress);

    /// <summary>Puts itself around the membership that Orleans has registered.</summary>
    internal static void Register(IServiceCollection services)
    {
        var orleans = services.LastOrDefault(s => s.ServiceType == typeof(IClusterMembershipService));
        if (orleans?.ImplementationFactory is not { } create)
            throw new InvalidOperationException("Orleans does not register its membership as this release expects.");
        services.Remove(orleans);
        services.AddSingleton<IClusterMembershipService>(sp => new QuietMembership((IClusterMembershipService)create(sp)));
    }

    private async IAsyncEnumerable<ClusterMembershipSnapshot> UpdatesAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var late = _ended;
        await foreach (var snapshot in inner.MembershipUpdates.WithCancellation(cancellationToken))
            yield return snapshot;
        _ended = true;
        if (late)
            // Neither a timer nor anything else holds what waits here: it goes with its silo.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }
}
