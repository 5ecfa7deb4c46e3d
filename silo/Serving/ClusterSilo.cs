using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RecoveryVault.Clustering;
using RecoveryVault.Connections;
using RecoveryVault.DataPath;
using RecoveryVault.DataPlane;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Keys.Local;
using RecoveryVault.KeyVaults;
using RecoveryVault.Reminders;

namespace RecoveryVault.Serving;

/// <summary>One silo of a cluster on a store that they share: they find each other, and keep their reminders, there.</summary>
public sealed class ClusterSilo : IAsyncDisposable
{
    /// <summary>How long calls under way are given when sessions are over.</summary>
    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(5);

    /// <summary>Clocks further apart are spoken of.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(1);

    private readonly Parts _parts;
    private readonly IHost _host;
    private int _disposed;

    private ClusterSilo(Parts parts, IHost host, SiloEndpoints endpoints)
    {
        (_parts, _host) = (parts, host);
        Gateway = endpoints.Gateway;
        Ended = EndedAsync();
    }

    /// <summary>What a silo is made of beside its host.</summary>
    private sealed record Parts(ClusterStore Store, SiloSettings Settings, TimeProvider Time)
    {
        public required ConnectionSecret Secret { get; init; }

        public required ClusterClaim Claim { get; init; }

        public required DataPlaneServer DataPlane { get; init; }

        public InProcessDataPlane Sessions { get; init; } = new();

        public ClientCalls Calls { get; } = new();

        public SiloEnd End { get; } = new();

        /// <summary>Ends the start of a silo that met one it does not work with.</summary>
        public StartRefusal Start { get; } = new();
    }

    internal IServiceProvider Services => _host.Services;

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Gateway { get; }

    /// <summary>Where their data goes.</summary>
    public string DataPlane => _parts.DataPlane.Address;

    /// <summary>Done when the silo must not go on; says why.</summary>
    public Task<VaultException> Ended { get; }

    /// <summary>Joins the cluster; the store goes with the silo when it ends, and stays its caller's when it cannot start.</summary>
    /// <exception cref="VaultException">
    /// StoreOfAnotherCluster: another cluster works on the store. ClusterUnavailable: an address is taken, or the other silos cannot be
    /// reached. ReleaseMismatch: they are of a release that does not work with this one. InvalidRequest: the secret's file.
    /// </exception>
    public static async Task<ClusterSilo> StartAsync(
        ClusterStore store,
        SiloSettings settings,
        TimeProvider time,
        Action<ILoggingBuilder>? logging = null,
        Action<string>? tell = null,
        CancellationToken cancellation = default
    )
    {
        var secret = SecretFile.Read(settings.SecretPath);
        ClusterClaim? claim = null;
        DataPlaneServer? dataPlane = null;
        try
        {
            claim = await ClaimAsync(store, settings, secret, time, tell, cancellation);
            var sessions = new InProcessDataPlane();
            dataPlane = await DataPlaneServer.StartAsync(
                settings.DataPlane,
                sessions,
                secret,
                time,
                logging,
                DataPlaneLimits.For(settings.Limits, sessions),
                cancellation
            );
            var parts = new Parts(store, settings, time)
            {
                Secret = secret,
                Claim = claim,
                DataPlane = dataPlane,
                Sessions = sessions,
            };
            var (host, endpoints) = await parts.Start.GuardAsync(
                starting =>
                    SiloNetwork.StartAsync(new SiloEndpoints(settings.Silo, settings.Gateway), at => Build(parts, at, logging), starting),
                cancellation
            );
            return new ClusterSilo(parts, host, endpoints);
        }
        catch (Exception e)
        {
            if (dataPlane is not null)
                await dataPlane.DisposeAsync();
            if (claim is not null)
                await claim.DisposeAsync();
            secret.Dispose();
            if (Explain(e) is { } explained)
                throw explained;
            throw;
        }
    }

    /// <summary>
    /// Ends in order: no new session begins here, those under way are given time to end, the others are told and begin again elsewhere;
    /// what they stored is findable, unwrapped keys are zeroed.
    /// </summary>
    /// <param name="patience">For sessions.</param>
    public async Task StopAsync(TimeSpan patience)
    {
        _parts.Sessions.Close();
        await _parts.Sessions.WaitUntilIdleAsync(patience, _parts.Time);
        _parts.DataPlane.Drain();
        await _parts.Calls.WaitUntilIdleAsync(CallPatience, _parts.Time);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _parts.DataPlane.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
        await _parts.Claim.DisposeAsync();
        _parts.Secret.Dispose();
        _parts.Store.Dispose();
    }

    private static async Task<ClusterClaim> ClaimAsync(
        ClusterStore store,
        SiloSettings settings,
        ConnectionSecret secret,
        TimeProvider time,
        Action<string>? tell,
        CancellationToken cancellation
    )
    {
        var claim = await ClusterClaim.TakeAsync(
            store.Parts.Blobs,
            settings.ClusterId,
            secret,
            time,
            other =>
                tell?.Invoke(
                    $"{(other is null ? "Another cluster" : $"Cluster '{other}'")} worked on this store; looking for {ClusterClaim.Watch.TotalSeconds:0} s whether it still does ..."
                ),
            tell,
            cancellation
        );
        if (claim.Skew.Duration() > MaxSkew)
            tell?.Invoke(
                $"The clock of this silo is {claim.Skew.Duration():h\\:mm\\:ss} {(claim.Skew > TimeSpan.Zero ? "ahead of" : "behind")} the store's: set it right. Meanwhile nothing is purged that is not old enough by both."
            );
        return claim;
    }

    private static IHost Build(Parts parts, SiloEndpoints endpoints, Action<ILoggingBuilder>? logging)
    {
        var (store, settings, time) = (parts.Store.Parts, parts.Settings, parts.Time);
        return StoreHost.Build(
            store,
            new LocalKeyVaults(store.Keys, time, store.Manifest.StoreId),
            KeyVaultAccess.OfProcess(),
            parts.Sessions,
            time,
            logging,
            parts.DataPlane.Address,
            settings.Limits,
            silo =>
            {
                silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (settings.ClusterId, settings.ServiceId));
                silo.Configure<ClusterMembershipOptions>(LivenessRules.Apply);
                silo.UseBlobStoreClustering();
                silo.AddBlobStoreReminders();
                SiloNetwork.Listen(silo, endpoints, settings.Advertised, parts.Secret, time, settings.Contracts, parts.Start.Refuse);
                silo.AddIncomingGrainCallFilter(parts.Calls);
                silo.Services.AddSingleton<IFatalErrorHandler>(parts.End);
            }
        );
    }

    private async Task<VaultException> EndedAsync() => await await Task.WhenAny(_parts.Claim.Lost, _parts.End.Ended);

    /// <summary>What keeps a silo from joining, in one line.</summary>
    private static VaultException? Explain(Exception exception) =>
        exception is AddressInUseException || exception is IOException { InnerException: AddressInUseException or SocketException }
            ? new VaultException(ErrorCodes.ClusterUnavailable, $"Nothing can listen: {exception.Message}", "Name another address or port.")
        : Refusals.Find(exception) is { } refusal ? refusal
        : exception is OrleansException
            ? new VaultException(
                ErrorCodes.ClusterUnavailable,
                $"The silo cannot join its cluster: {exception.Message}",
                "See that the other silos can be reached and share the same secret; a silo that died is forgotten within a minute.",
                exception
            )
        : null;
}
