using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace RecoveryVault.Storage;

/// <summary>Registers <see cref="BlobGrainStorage"/> the way Orleans registers its own providers.</summary>
public static class BlobGrainStorageExtensions
{
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
        services.AddTransient<IConfigurationValidator>(sp => new BlobGrainStorageOptionsValidator(OptionsOf(sp, name), name));
        services.AddTransient<
            IPostConfigureOptions<BlobGrainStorageOptions>,
            DefaultStorageProviderSerializerOptionsConfigurator<BlobGrainStorageOptions>
        >();
        services.ConfigureNamedOptionForLogging<BlobGrainStorageOptions>(name);
        services.AddGrainStorage(
            name,
            static (sp, providerName) => ActivatorUtilities.CreateInstance<BlobGrainStorage>(sp, OptionsOf(sp, providerName))
        );
        return builder;
    }

    private static BlobGrainStorageOptions OptionsOf(IServiceProvider services, string name) =>
        services.GetRequiredService<IOptionsMonitor<BlobGrainStorageOptions>>().Get(name);
}
