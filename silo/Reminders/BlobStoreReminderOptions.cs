using Orleans.Configuration;
using RecoveryVault.Storage;

namespace RecoveryVault.Reminders;

/// <summary>Where a service's reminders lie.</summary>
public sealed class BlobStoreReminderOptions
{
    /// <summary>The service key of the <see cref="IBlobStore"/>; null: the one that is registered without a key.</summary>
    public string? ServiceKey { get; set; }
}

/// <summary>Refuses what cannot work before a silo starts with it.</summary>
internal sealed class BlobStoreReminderOptionsValidator(IServiceProvider services, BlobStoreReminderOptions options, ClusterOptions cluster)
    : IConfigurationValidator
{
    public const string Provider = "Blob store reminders";

    public void ValidateConfiguration()
    {
        BlobStoreChoice.Require(services, options.ServiceKey, Provider);
        if (string.IsNullOrWhiteSpace(cluster.ServiceId))
            throw new OrleansConfigurationException($"{Provider}: ServiceId is not set; it names the service whose reminders they are.");
        BlobStoreChoice.RequireName(new ReminderBuckets(cluster.ServiceId).Name(0), Provider, $"ServiceId '{cluster.ServiceId}'");
    }
}
