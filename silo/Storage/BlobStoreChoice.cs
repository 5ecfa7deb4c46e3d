using Microsoft.Extensions.DependencyInjection;

namespace RecoveryVault.Storage;

/// <summary>Which of a host's blob stores an Orleans provider works on: the only one, or one of several by its service key.</summary>
internal static class BlobStoreChoice
{
    /// <exception cref="OrleansConfigurationException">There is none.</exception>
    public static IBlobStore Resolve(IServiceProvider services, string? serviceKey, string provider) =>
        (string.IsNullOrEmpty(serviceKey) ? services.GetService<IBlobStore>() : services.GetKeyedService<IBlobStore>(serviceKey))
        ?? throw None(serviceKey, provider);

    /// <summary>Asks whether there is one, without making it.</summary>
    /// <exception cref="OrleansConfigurationException">There is none.</exception>
    public static void Require(IServiceProvider services, string? serviceKey, string provider)
    {
        var isThere = string.IsNullOrEmpty(serviceKey)
            ? services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(IBlobStore))
            : services.GetRequiredService<IServiceProviderIsKeyedService>().IsKeyedService(typeof(IBlobStore), serviceKey);
        if (!isThere)
            throw None(serviceKey, provider);
    }

    private static OrleansConfigurationException None(string? serviceKey, string provider)
    {
        var which = string.IsNullOrEmpty(serviceKey) ? "" : $" with the service key '{serviceKey}'";
        return new OrleansConfigurationException(
            $"{provider}: no {nameof(IBlobStore)} is registered{which}. Add one to the host's services, or set ServiceKey to that of one."
        );
    }

    /// <summary>Asks whether a name can be one, before anything is written under it.</summary>
    /// <exception cref="OrleansConfigurationException">It cannot.</exception>
    public static void RequireName(string blobName, string provider, string what)
    {
        try
        {
            BlobName.Require(blobName);
        }
        catch (BlobStoreException e)
        {
            throw new OrleansConfigurationException($"{provider}: {what} makes no blob name: {e.Message}", e);
        }
    }
}
