using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using RecoveryVault.Storage;

namespace RecoveryVault.Clustering;

/// <summary>Registers clustering on a blob store the way Orleans registers its own providers.</summary>
public static class BlobStoreClusteringExtensions
{
    private const string Clustering = "Blob store clustering";
    private const string GatewayList = "Blob store gateway list";

    /// <summary>Silos find each other through a table on the host's <see cref="IBlobStore"/>, named by the cluster's id.</summary>
    public static ISiloBuilder UseBlobStoreClustering(this ISiloBuilder builder, Action<BlobStoreClusteringOptions>? configure = null)
    {
        var services = builder.Services.AddClusteringOptions(configure, Clustering);
        services.AddSingleton<IMembershipTable>(sp => new BlobMembershipTable(StoreOf(sp, Clustering), ClusterIdOf(sp)));
        services.TryAddSingleton<IGatewayListProvider>(CreateGatewayList);
        return builder;
    }

    /// <summary>A client finds the cluster's gateways in the silos' table; it needs to read the store and never writes.</summary>
    public static IClientBuilder UseBlobStoreGatewayList(this IClientBuilder builder, Action<BlobStoreClusteringOptions>? configure = null)
    {
        var services = builder.Services.AddClusteringOptions(configure, GatewayList);
        services.AddSingleton<IGatewayListProvider>(CreateGatewayList);
        return builder;
    }

    private static IServiceCollection AddClusteringOptions(
        this IServiceCollection services,
        Action<BlobStoreClusteringOptions>? configure,
        string provider
    )
    {
        var options = services.AddOptions<BlobStoreClusteringOptions>();
        if (configure is not null)
            options.Configure(configure);
        return services
            .AddTransient<IConfigurationValidator>(sp => new BlobStoreClusteringOptionsValidator(
                sp,
                OptionsOf(sp),
                sp.GetRequiredService<IOptions<ClusterOptions>>().Value,
                provider
            ))
            .ConfigureFormatter<BlobStoreClusteringOptions>();
    }

    private static BlobGatewayListProvider CreateGatewayList(IServiceProvider services) =>
        new(
            StoreOf(services, GatewayList),
            ClusterIdOf(services),
            services.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod
        );

    private static IBlobStore StoreOf(IServiceProvider services, string provider) =>
        BlobStoreChoice.Resolve(services, OptionsOf(services).ServiceKey, provider);

    private static BlobStoreClusteringOptions OptionsOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<BlobStoreClusteringOptions>>().Value;

    private static string ClusterIdOf(IServiceProvider services) => services.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId;
}
