using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace RecoveryVault.Storage;

/// <summary>Registers <see cref="BlobGrainStorage"/> the way Orleans registers its own providers.</summary>
public static class BlobGrainStorageExtensions
{
    /// <summary>Adds grain storage on the silo's <see cref="IBlobStore"/> for states that name no storage.</summary>
    public static ISiloBuilder AddBlobStoreGrainStorageAsDefault(
        this ISiloBuilder builder,
        Action<BlobGrainStorageOptions>? configure = null
    ) => builder.AddBlobStoreGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds grain storage on the silo's <see cref="IBlobStore"/> under a name.</summary>
    public static ISiloBuilder AddBlobStoreGrainStorage(
        this ISiloBuilder builder,
        string name,
        Action<BlobGrainStorageOptions>? configure = null
    )
    {
        var services = builder.Services;
        var options = services.AddOptions<BlobGrainStorageOptions>(name);
        if (configure is not null)
            options.Configure(configure);
        services.AddTransient<IConfigurationValidator>(sp => new BlobGrainStorageOptionsValidator(OptionsOf(sp, name), name, sp));
        services.AddTransient<
            IPostConfigureOptions<BlobGrainStorageOptions>,
            DefaultStorageProviderSerializerOptionsConfigurator<BlobGrainStorageOptions>
        >();
        services.ConfigureNamedOptionForLogging<BlobGrainStorageOptions>(name);
        services.AddGrainStorage(name, Create);
        return builder;
    }

    private static BlobGrainStorage Create(IServiceProvider services, string name)
    {
        var options = OptionsOf(services, name);
        var store = BlobStoreChoice.Resolve(services, options.ServiceKey, $"Grain storage '{name}'");
        return new BlobGrainStorage(store, options, services.GetRequiredService<IActivatorProvider>(), name);
    }

    private static BlobGrainStorageOptions OptionsOf(IServiceProvider services, string name) =>
        services.GetRequiredService<IOptionsMonitor<BlobGrainStorageOptions>>().Get(name);
}
