using Orleans.Storage;

namespace RecoveryVault.Storage;

/// <summary>Settings of <see cref="BlobGrainStorage"/>; names and defaults are those of the official Azure Blob provider.</summary>
public sealed class BlobGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>First segment of every blob name. The default is "grainstate".</summary>
    public string ContainerName { get; set; } = "grainstate";

    /// <summary>Whether clearing a state deletes its blob (the default) or leaves it empty.</summary>
    public bool DeleteStateOnClear { get; set; } = true;

    /// <summary>The service key of the <see cref="IBlobStore"/>; null: the one that is registered without a key.</summary>
    public string? ServiceKey { get; set; }

    /// <summary>The stage of a silo's life at which the store must answer. The default is that of all application services.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <summary>How states are written.</summary>
    public required IGrainStorageSerializer GrainStorageSerializer { get; set; }
}

/// <summary>Refuses options that cannot work before a silo starts with them.</summary>
public sealed class BlobGrainStorageOptionsValidator(BlobGrainStorageOptions options, string name, IServiceProvider? services = null)
    : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var provider = $"Grain storage '{name}'";
        if (services is not null)
            BlobStoreChoice.Require(services, options.ServiceKey, provider);
        BlobStoreChoice.RequireName(options.ContainerName ?? "", provider, $"ContainerName '{options.ContainerName}'");
        if (options.GrainStorageSerializer is null)
            throw new OrleansConfigurationException($"{provider}: GrainStorageSerializer is not set.");
    }
}
