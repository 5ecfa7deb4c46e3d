using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RecoveryVault.Clustering;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Clustering;

/// <summary>
/// ROOT SILO-PORT GATEWAY-PORT: a silo that finds the others, and keeps state and reminders, through a store directory alone. It says
/// "ready ADDRESS", "STATUS ADDRESS" of any other silo, and "tick N" for each reminder; a line of input ends it.
/// </summary>
internal static class BlobClusterRole
{
    public static readonly ClusterOptions Ids = new() { ClusterId = "blob-cluster", ServiceId = "blob-service" };

    public static async Task RunAsync(string[] args)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddConsole(o => o.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo =>
            Configure(silo, args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture))
        );
        using var host = builder.Build();
        using var listener = new StatusLines();
        host.Services.GetRequiredService<ISiloStatusOracle>().SubscribeToSiloStatusEvents(listener);
        await host.StartAsync();
        await Console.Out.WriteLineAsync($"ready {host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString()}");
        await Console.In.ReadLineAsync();
        await host.StopAsync();
    }

    private static void Configure(ISiloBuilder silo, string root, int siloPort, int gatewayPort)
    {
        silo.Services.AddSingleton<IBlobStore>(new FileBlobStore(root, options: new FileBlobStoreOptions { CreateIfMissing = true }));
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (Ids.ClusterId, Ids.ServiceId));
        silo.ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort);
        silo.UseBlobStoreClustering();
        silo.AddBlobStoreReminders();
        silo.AddBlobStoreGrainStorageAsDefault();
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(2);
            o.NumMissedProbesLimit = 2;
            o.NumVotesForDeathDeclaration = 1;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(1);
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(1);
        });
        silo.Configure<ReminderOptions>(o =>
        {
            o.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100);
            o.RefreshReminderListPeriod = TimeSpan.FromSeconds(1);
        });
    }

    private sealed class StatusLines : ISiloStatusListener, IDisposable
    {
        public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) =>
            Console.Out.WriteLine($"{status.ToString().ToLowerInvariant()} {updatedSilo.ToParsableString()}");

        public void Dispose() { }
    }
}
