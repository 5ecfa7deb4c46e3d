using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;
using RecoveryVault.Storage;

[assembly: RegisterProvider("BlobStore", "GrainStorage", "Silo", typeof(BlobStoreGrainStorageProviderBuilder))]

namespace RecoveryVault.Storage;

/// <summary>
/// <c>Orleans:GrainStorage:NAME:ProviderType = BlobStore</c>, with <c>ServiceKey</c>, <c>SerializerKey</c>, <c>ContainerName</c> and
/// <c>DeleteStateOnClear</c> as in <see cref="BlobGrainStorageOptions"/>.
/// </summary>
internal sealed class BlobStoreGrainStorageProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        name ??= ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        builder.AddBlobStoreGrainStorage(name);
        builder
            .Services.AddOptions<BlobGrainStorageOptions>(name)
            .Configure<IServiceProvider>(
                (options, services) =>
                {
                    configurationSection.Bind(options);
                    if (configurationSection["SerializerKey"] is { Length: > 0 } key)
                        options.GrainStorageSerializer = services.GetRequiredKeyedService<IGrainStorageSerializer>(key);
                }
            );
    }
}
