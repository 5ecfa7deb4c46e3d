using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using RecoveryVault.Storage;

namespace RecoveryVault.Reminders;

/// <summary>Registers reminders on a blob store the way Orleans registers its own providers.</summary>
public static class BlobStoreReminderExtensions
{
    /// <summary>Reminders are kept on the host's <see cref="IBlobStore"/>, under <c>ClusterOptions.ServiceId</c>.</summary>
    public static ISiloBuilder AddBlobStoreReminders(this ISiloBuilder builder, Action<BlobStoreReminderOptions>? configure = null)
    {
        var services = builder.Services;
        builder.AddReminders();
        var options = services.AddOptions<BlobStoreReminderOptions>();
        if (configure is not null)
            options.Configure(configure);
        services
            .AddSingleton<IReminderTable>(Create)
            .AddTransient<IConfigurationValidator>(sp => new BlobStoreReminderOptionsValidator(sp, OptionsOf(sp), ClusterOf(sp)))
            .ConfigureFormatter<BlobStoreReminderOptions>();
        return builder;
    }

    private static BlobReminderTable Create(IServiceProvider services) =>
        new(
            BlobStoreChoice.Resolve(services, OptionsOf(services).ServiceKey, BlobStoreReminderOptionsValidator.Provider),
            ClusterOf(services).ServiceId,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILogger<BlobReminderTable>>()
        );

    private static BlobStoreReminderOptions OptionsOf(IServiceProvider services) =>
        services.GetRequiredService<IOptions<BlobStoreReminderOptions>>().Value;

    private static ClusterOptions ClusterOf(IServiceProvider services) => services.GetRequiredService<IOptions<ClusterOptions>>().Value;
}
