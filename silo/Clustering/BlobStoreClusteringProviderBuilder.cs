using Microsoft.Extensions.Configuration;
using Orleans.Providers;
using RecoveryVault.Clustering;

[assembly: RegisterProvider("BlobStore", "Clustering", "Silo", typeof(BlobStoreClusteringProviderBuilder))]
[assembly: RegisterProvider("BlobStore", "Clustering", "Client", typeof(BlobStoreClusteringProviderBuilder))]

namespace RecoveryVault.Clustering;

/// <summary><c>Orleans:Clustering:ProviderType = BlobStore</c>, with a <c>ServiceKey</c> where there are several stores.</summary>
internal sealed class BlobStoreClusteringProviderBuilder : IProviderBuilder<ISiloBuilder>, IProviderBuilder<IClientBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.UseBlobStoreClustering(options => options.ServiceKey = configurationSection["ServiceKey"]);

    public void Configure(IClientBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.UseBlobStoreGatewayList(options => options.ServiceKey = configurationSection["ServiceKey"]);
}
