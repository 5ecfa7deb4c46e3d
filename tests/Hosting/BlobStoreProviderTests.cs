using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using Orleans.Storage;
using RecoveryVault.Clustering;
using RecoveryVault.Hosting;
using RecoveryVault.Reminders;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Hosting;

/// <summary>How the providers on the blob store are registered, in code and in configuration.</summary>
public sealed class BlobStoreProviderTests
{
    private static IHost Silo(Action<ISiloBuilder> configure, params (string Key, string Value)[] configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(configuration.Select(c => KeyValuePair.Create(c.Key, (string?)c.Value)));
        builder.UseOrleans(configure);
        return builder.Build();
    }

    private static IHost Client(Action<IClientBuilder> configure, params (string Key, string Value)[] configuration)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(configuration.Select(c => KeyValuePair.Create(c.Key, (string?)c.Value)));
        builder.UseOrleansClient(configure);
        return builder.Build();
    }

    /// <summary>Why a silo refuses to start, in one line.</summary>
    private static string Refusal(IHost host)
    {
        using (host)
        {
            var refusal = Assert.Throws<OrleansConfigurationException>(() =>
            {
                foreach (var validator in host.Services.GetServices<IConfigurationValidator>())
                    validator.ValidateConfiguration();
            });
            Assert.DoesNotContain('\n', refusal.Message);
            return refusal.Message;
        }
    }

    private static void Named(ISiloBuilder silo) => silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("c", "s"));

    public static TheoryData<string> Providers => ["Clustering", "Reminders", "GrainStorage"];

    private static void Add(ISiloBuilder silo, string provider, string? serviceKey)
    {
        switch (provider)
        {
            case "Clustering":
                silo.UseBlobStoreClustering(o => o.ServiceKey = serviceKey);
                break;
            case "Reminders":
                silo.AddBlobStoreReminders(o => o.ServiceKey = serviceKey);
                break;
            default:
                silo.AddBlobStoreGrainStorageAsDefault(o => o.ServiceKey = serviceKey);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public void Silo_WithoutAStore_IsRefused(string provider) =>
        Assert.Contains(
            "no IBlobStore is registered. Add one",
            Refusal(
                Silo(silo =>
                {
                    Named(silo);
                    silo.UseLocalhostClustering();
                    Add(silo, provider, serviceKey: null);
                })
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [MemberData(nameof(Providers))]
    public void Silo_WithAServiceKeyOfNoStore_IsRefused(string provider) =>
        Assert.Contains(
            "no IBlobStore is registered with the service key 'b'",
            Refusal(
                Silo(silo =>
                {
                    Named(silo);
                    silo.UseLocalhostClustering();
                    silo.Services.AddKeyedSingleton<IBlobStore>("a", new MemoryBlobStore());
                    silo.Services.AddSingleton<IBlobStore>(new MemoryBlobStore());
                    Add(silo, provider, "b");
                })
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void Client_WithoutAStore_IsRefused() =>
        Assert.StartsWith(
            "Blob store gateway list: no IBlobStore",
            Refusal(Client(client => client.UseBlobStoreGatewayList())),
            StringComparison.Ordinal
        );

    [Fact]
    public void Silo_NamesThatMakeNoBlobName_AreRefused()
    {
        var endless = new string('c', 1100);
        void Store(ISiloBuilder silo) => silo.Services.AddSingleton<IBlobStore>(new MemoryBlobStore());
        Assert.Contains(
            "makes no blob name",
            Refusal(
                Silo(silo =>
                {
                    Store(silo);
                    silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (endless, "s"));
                    silo.UseBlobStoreClustering();
                })
            ),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Grain storage 'records': ContainerName '/x' makes no blob name",
            Refusal(
                Silo(silo =>
                {
                    Store(silo);
                    Named(silo);
                    silo.UseLocalhostClustering();
                    silo.AddBlobStoreGrainStorage("records", o => o.ContainerName = "/x");
                })
            ),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Silo_FromConfiguration_HasThemAllOnTheirStores()
    {
        var (keyed, other) = (new MemoryBlobStore(), new MemoryBlobStore());
        using var host = Silo(
            silo =>
            {
                silo.Services.AddKeyedSingleton<IBlobStore>("main", keyed);
                silo.Services.AddSingleton<IBlobStore>(other);
            },
            ("Orleans:ClusterId", "c"),
            ("Orleans:ServiceId", "s"),
            ("Orleans:Clustering:ProviderType", "BlobStore"),
            ("Orleans:Clustering:ServiceKey", "main"),
            ("Orleans:Reminders:ProviderType", "BlobStore"),
            ("Orleans:Reminders:ServiceKey", "main"),
            ("Orleans:GrainStorage:Default:ProviderType", "BlobStore"),
            ("Orleans:GrainStorage:records:ProviderType", "BlobStore"),
            ("Orleans:GrainStorage:records:ServiceKey", "main"),
            ("Orleans:GrainStorage:records:ContainerName", "box"),
            ("Orleans:GrainStorage:records:DeleteStateOnClear", "false")
        );
        foreach (var validator in host.Services.GetServices<IConfigurationValidator>())
            validator.ValidateConfiguration();

        await Assert.IsType<BlobMembershipTable>(host.Services.GetRequiredService<IMembershipTable>()).InitializeMembershipTableAsync(true);
        Assert.IsType<BlobGatewayListProvider>(host.Services.GetRequiredService<IGatewayListProvider>());
        var reminders = Assert.IsType<BlobReminderTable>(host.Services.GetRequiredService<IReminderTable>());
        await reminders.UpsertRow(Tests.Reminders.ReminderSamples.Reminder(GrainId.Parse("a/b")));
        var records = host.Services.GetRequiredKeyedService<IGrainStorage>("records");
        await records.ClearStateAsync("x", GrainId.Parse("a/b"), new GrainState<List<int>>([1]));
        await host.Services.GetRequiredService<IGrainStorage>().WriteStateAsync("x", GrainId.Parse("a/b"), new GrainState<List<int>>([1]));

        Assert.Equal(["grainstate/x-a/b.json"], await other.ListNamesAsync());
        Assert.Equal(
            ["box/x-a/b.json", "membership/c.json", $"reminders/s/{GrainId.Parse("a/b").GetUniformHashCode() >> 24:x2}.json"],
            await keyed.ListNamesAsync()
        );
    }

    [Fact]
    public async Task Client_FromConfiguration_FindsTheGatewaysOfItsStore()
    {
        var keyed = new MemoryBlobStore();
        await Tests.Clustering.MembershipSamples.InsertAsync(
            new BlobMembershipTable(keyed, "c"),
            Tests.Clustering.MembershipSamples.Entry(1)
        );
        using var host = Client(
            client => client.Services.AddKeyedSingleton<IBlobStore>("main", keyed),
            ("Orleans:ClusterId", "c"),
            ("Orleans:ServiceId", "s"),
            ("Orleans:Clustering:ProviderType", "BlobStore"),
            ("Orleans:Clustering:ServiceKey", "main")
        );
        var provider = Assert.IsType<BlobGatewayListProvider>(host.Services.GetRequiredService<IGatewayListProvider>());
        Assert.Single(await provider.GetGatewaysAsync());
        Assert.Equal(TimeSpan.FromMinutes(1), provider.MaxStaleness);
    }

    /// <summary>A record that cannot be reached would otherwise be found out by the first grain.</summary>
    [Fact]
    public async Task Silo_StoreAway_DoesNotStart()
    {
        var store = new FaultyBlobStore(new MemoryBlobStore());
        using var host = Silo(silo =>
        {
            silo.UseLocalhostClustering(siloPort: 11999, gatewayPort: 0);
            silo.Services.AddSingleton<IBlobStore>(store);
            silo.AddBlobStoreGrainStorage("records");
            RecoveryVault.Embedded.NoTransport.Use(silo.Services);
            // Without it a silo that could not start slows down every test after this one.
            QuietMembership.Register(silo.Services);
        });
        store.Inject(new Fault.Fail(), BlobCalls.Read);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
        Assert.NotNull(StoreRefusals.Find(refusal));
    }
}
