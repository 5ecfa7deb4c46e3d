using Microsoft.Extensions.Configuration;
using Orleans.Providers;
using RecoveryVault.Reminders;

[assembly: RegisterProvider("BlobStore", "Reminders", "Silo", typeof(BlobStoreReminderProviderBuilder))]

namespace RecoveryVault.Reminders;

/// <summary><c>Orleans:Reminders:ProviderType = BlobStore</c>, with a <c>ServiceKey</c> where there are several stores.</summary>
internal sealed class BlobStoreReminderProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.AddBlobStoreReminders(options => options.ServiceKey = configurationSection["ServiceKey"]);
}
