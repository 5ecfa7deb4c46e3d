using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Health;

/// <summary>Gives a silo its health endpoint.</summary>
public static class RecoveryVaultHealthExtensions
{
    /// <summary>
    /// Adds the endpoint to the host of a silo that has <see cref="IBlobStore"/>, <see cref="PlatformKeyring"/> and a
    /// <see cref="TimeProvider"/> among its services. It listens before the silo starts, so that one that cannot join says so, and as long
    /// as the host.
    /// </summary>
    /// <param name="services">The host's.</param>
    /// <param name="listen">Where; port 0 takes a free one, which <see cref="HealthListener.Address"/> tells.</param>
    public static IServiceCollection AddRecoveryVaultHealth(this IServiceCollection services, IPEndPoint listen) =>
        services
            .AddSingleton(CreateHealth)
            .AddSingleton(sp => new HealthListener(listen, sp.GetRequiredService<SiloHealth>()))
            .AddHostedService(sp => sp.GetRequiredService<HealthListener>());

    /// <summary>Where a silo's health endpoint listens, as an address of this machine and a port; unset: there is none.</summary>
    public const string AddressVariable = "RVAULT_HEALTH_ADDRESS";

    /// <summary>The same where <see cref="AddressVariable"/> says; nothing when it is not set.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="variable">Reads an environment variable; empty counts as unset.</param>
    /// <exception cref="VaultException">InvalidRequest: it is no address.</exception>
    public static IServiceCollection AddRecoveryVaultHealth(this IServiceCollection services, Func<string, string?> variable) =>
        variable(AddressVariable) is { Length: > 0 } text ? services.AddRecoveryVaultHealth(Parse(text)) : services;

    /// <summary>Any address: what answers there gives away nothing and changes nothing.</summary>
    private static IPEndPoint Parse(string text) =>
        text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var listen)
            ? listen
            : throw new VaultException(
                ErrorCodes.InvalidRequest,
                $"{AddressVariable} is '{text}', which is no address to listen on: want ADDRESS:PORT, such as 127.0.0.1:8081."
            );

    private static SiloHealth CreateHealth(IServiceProvider services)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var status = services.GetRequiredService<ISiloStatusOracle>();
        var membership = services.GetRequiredService<IClusterMembershipService>();
        var self = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var participants = new SiloParticipants(services.GetServices<IHealthCheckParticipant>(), time);
        return new SiloHealth(
            () => StatusOf(status.CurrentStatus, membership.CurrentSnapshot.GetSiloStatus(self)),
            participants.AreWell,
            services.GetRequiredService<IBlobStore>(),
            services.GetRequiredService<PlatformKeyring>(),
            time
        );
    }

    /// <summary>Active only where the cluster says so, too; what the silo knows of its own end counts at once.</summary>
    private static SiloStatus StatusOf(SiloStatus own, SiloStatus others) =>
        own != SiloStatus.Active ? own
        : others is SiloStatus.Active or SiloStatus.Dead ? others
        : SiloStatus.Joining;
}

/// <summary>The endpoint as a part of its host: there from before the silo starts until after it has stopped.</summary>
public sealed class HealthListener(IPEndPoint listen, SiloHealth health) : IHostedLifecycleService, IAsyncDisposable
{
    private HealthEndpoint? _endpoint;

    /// <summary>Where it listens; null while it does not.</summary>
    public IPEndPoint? Address => _endpoint?.Address;

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        _endpoint = await HealthEndpoint.StartAsync(listen, health, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <summary>Also of a host whose silo could not start, and which was therefore never stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_endpoint is { } endpoint)
            await endpoint.DisposeAsync();
        _endpoint = null;
    }
}
