using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace RecoveryVault.Hosting;

/// <summary>
/// Orleans' membership, but an enumeration of updates that begins after the updates have ended takes a second to end too. Orleans' grain
/// directory asks for updates again as soon as they end, for ever, unless the silo was stopped in order: a silo that failed to start would
/// otherwise take a whole processor as long as its process lives.
/// </summary>
internal sealed class PacedMembership(IClusterMembershipService inner, TimeProvider time) : IClusterMembershipService
{
    internal static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
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
        // The real clock: a test's clock that stands still would hold a silo's end.
        services.AddSingleton<IClusterMembershipService>(sp => new PacedMembership(
            (IClusterMembershipService)create(sp),
            TimeProvider.System
        ));
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
            await Task.Delay(Pace, time, cancellationToken);
    }
}
