using Orleans.Storage;

namespace RecoveryVault.Storage;

/// <summary>Settings of <see cref="BlobGrainStorage"/>; names and defaults are those of the official Azure Blob provider.</summary>
public sealed class BlobGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>First segment of every blob name. The default is "grainstate".</summary>
    public string ContainerName { get; set; } = "grainstate";

    /// <summary>Whether clearing a state deletes its blob (the default) or leaves it empty.</summary>
    public bool DeleteStateOnClear { get; set; } = true;

    /// <summary>How states are written.</summary>
    public required IGrainStorageSerializer GrainStorageSerializer { get; set; }
}

/// <summary>Refuses options that cannot work before a silo starts with them.</summary>
public sealed class BlobGrainStorageOptionsValidator(BlobGrainStorageOptions options, string name) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        try
        {
            BlobName.Require(options.ContainerName);
        }
        catch (BlobStoreException e)
        {
            throw new OrleansConfigurationException(
                $"Grain storage '{name}': ContainerName '{options.ContainerName}' is no blob name: {e.Message}",
                e
            );
        }
        if (options.GrainStorageSerializer is null)
            throw new OrleansConfigurationException($"Grain storage '{name}': GrainStorageSerializer is not set.");
    }
}
