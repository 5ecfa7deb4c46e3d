using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using RecoveryVault.Access;
using RecoveryVault.Activity;
using RecoveryVault.Clocks;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Traffic;
using RecoveryVault.Reclaim;
using RecoveryVault.Records;
using RecoveryVault.Reports;
using RecoveryVault.Retention;
using RecoveryVault.Storage;
using RecoveryVault.Telemetry;
using RecoveryVault.Vaults;

namespace RecoveryVault.Hosting;

/// <summary>The one composition root of every silo, embedded or not: what the mode decides comes in as <see cref="SiloParts"/>.</summary>
public static class RecoveryVaultSiloExtensions
{
    /// <summary>
    /// Calls that wait for one grain; more are told to come again. Orleans' load shedding by processor and memory stays off: a silo that
    /// seals uses all its processors, and who is turned away by it are those who list, cancel and revoke.
    /// </summary>
    internal const int MostCallsWaiting = 2000;

    public static ISiloBuilder AddRecoveryVault(this ISiloBuilder builder, SiloParts parts)
    {
        builder
            .Services.AddSingleton<IBlobStore>(sp => new ObservedBlobStore(parts.Blobs, sp.GetRequiredService<TimeProvider>()))
            .AddSingleton(parts.Keyring)
            .AddSingleton(parts.KeyVaults)
            .AddSingleton(parts.Identities)
            .AddSingleton(parts.Client)
            .AddSingleton(OpenContract.ClusterManifest)
            .AddStores()
            .AddKeys()
            .AddSessions(parts);
        QuietMembership.Register(builder.Services);
        builder.AddBlobStoreGrainStorage(GrainRecords.Provider, o => o.GrainStorageSerializer = new RecordSerializer());
        if (TelemetrySettings.OfProcess().IsOn)
            builder.AddActivityPropagation();
        builder.Configure<SiloMessagingOptions>(o =>
            (o.MaxEnqueuedRequestsSoftLimit, o.MaxEnqueuedRequestsHardLimit) = (MostCallsWaiting / 4, MostCallsWaiting)
        );
        builder.AddIncomingGrainCallFilter<AccessFilter>();
        builder.AddIncomingGrainCallFilter<RefusalFilter>();
        builder.AddOutgoingGrainCallFilter<CancelledCallFilter>();
        return builder;
    }

    private static IServiceCollection AddStores(this IServiceCollection services) =>
        services
            .AddSingleton<AuthenticatedRecords>()
            .AddSingleton<RecordRenewal>()
            .AddSingleton<NoteSeals>()
            .AddSingleton<Descriptors>()
            .AddSingleton<ItemProof>()
            .AddSingleton<RecoveryPoints>()
            .AddSingleton<Tombstones>()
            .AddSingleton<ShredProofs>()
            .AddSingleton<ClockReader>()
            .AddSingleton<JobLedger>()
            .AddSingleton<RunningJobs>()
            .AddSingleton<ActivityLog>()
            .AddSingleton<LogWitnesses>()
            .AddSingleton<Journal>()
            .AddSingleton(CreateLiveness)
            .AddSingleton<ReportSigner>()
            .AddSingleton<VaultParts>()
            .AddSingleton<ReclaimParts>()
            .AddSingleton<ItemParts>();

    private static IServiceCollection AddKeys(this IServiceCollection services) =>
        services
            .AddSingleton<DekCache>()
            .AddSingleton<KeyWrapping>()
            .AddSingleton<KeyRings>()
            .AddSingleton<PassTurns>()
            .AddSingleton<KeyCensus>()
            .AddSingleton<PolicyUses>();

    private static IServiceCollection AddSessions(this IServiceCollection services, SiloParts parts) =>
        services
            .AddSingleton<SealGate>()
            .AddSingleton(parts.DataPlane)
            .AddSingleton(sp => new SessionRegister(
                parts.DataPlaneAddress ?? sp.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(),
                new SessionPlaces(parts.Limits, sp.GetRequiredService<TimeProvider>())
            ))
            .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SessionLifecycle>();

    /// <summary>A silo's address alone does not tell two processes of one second apart, so an incarnation also has a random part.</summary>
    private static SiloLiveness CreateLiveness(IServiceProvider services)
    {
        var address = services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
        var self = $"{address}/{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        return new SiloLiveness(self, owner => owner.Split('/')[0] is var other && other != address && IsActive(services, other));
    }

    private static bool IsActive(IServiceProvider services, string address) =>
        services.GetRequiredService<ISiloStatusOracle>().GetApproximateSiloStatus(SiloAddress.FromParsableString(address))
            is SiloStatus.Active
                or SiloStatus.ShuttingDown;
}
