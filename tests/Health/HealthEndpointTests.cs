using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;
using RecoveryVault.Access;
using RecoveryVault.DataPath;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Health;
using RecoveryVault.Hosting;
using RecoveryVault.Keys;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Health;

/// <summary>The endpoint of a real silo, from before its start to its end.</summary>
public sealed class HealthEndpointTests : IAsyncLifetime
{
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private static readonly HttpClient Client = new();
    private PlatformKeyring _keyring = null!;

    public async Task InitializeAsync() =>
        (_, _keyring) = await StoreManifest.CreateAsync(
            _store,
            "22222222-2222-2222-2222-222222222222",
            "rvault",
            new MemoryBlobStore(),
            TimeProvider.System
        );

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Endpoint_AddressTaken_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var health = new SiloHealth(() => SiloStatus.Active, () => true, _store, _keyring, TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<VaultException>(() => HealthEndpoint.StartAsync((IPEndPoint)taken.LocalEndpoint, health));

        Assert.Equal(ErrorCodes.ClusterUnavailable, refusal.Code);
    }

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.NotFound)]
    [InlineData("GET", "/healthz", HttpStatusCode.NotFound)]
    [InlineData("GET", "/healthz/ready/", HttpStatusCode.NotFound)]
    [InlineData("POST", "/healthz/ready", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "/healthz/live", HttpStatusCode.MethodNotAllowed)]
    [InlineData("HEAD", "/healthz/live", HttpStatusCode.OK)]
    public async Task Endpoint_AnythingElse_IsRefused(string method, string path, HttpStatusCode expected)
    {
        var health = new SiloHealth(() => SiloStatus.Active, () => true, _store, _keyring, TimeProvider.System);
        await using var endpoint = await HealthEndpoint.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), health);

        using var request = new HttpRequestMessage(new HttpMethod(method), $"http://{endpoint.Address}{path}");
        using var answer = await Client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Silo_FromStartToEnd_IsReadyOnlyWhileItCanServe()
    {
        using var host = BuildSilo(new IPEndPoint(IPAddress.Loopback, 0));
        var listener = host.Services.GetRequiredService<HealthListener>();
        await listener.StartingAsync(default);
        Assert.Equal((503, "silo"), await ReadyAsync(listener));
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"http://{listener.Address}{HealthEndpoint.LivePath}")).StatusCode);
        await listener.StoppedAsync(default);

        await host.StartAsync();
        Assert.Equal((200, ""), await ReadyAsync(listener));

        _store.Inject(new Fault.CrashBefore());
        _time.Advance(SiloHealth.Freshness);
        Assert.Equal((503, "store,platformKeys"), await ReadyAsync(listener));
        _store.Recover();
        _time.Advance(SiloHealth.Freshness);
        Assert.Equal((200, ""), await ReadyAsync(listener));

        await host.StopAsync();
        Assert.Null(listener.Address);
    }

    private static async Task<(int Status, string Failed)> ReadyAsync(HealthListener listener)
    {
        using var answer = await Client.GetAsync($"http://{listener.Address}{HealthEndpoint.ReadyPath}");
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(answer.IsSuccessStatusCode ? "ok" : "failed", body.GetProperty("outcome").GetString());
        var failed =
            from check in body.GetProperty("checks").EnumerateArray()
            where check.GetProperty("outcome").GetString() != "ok"
            select check.GetProperty("name").GetString();
        return ((int)answer.StatusCode, string.Join(',', failed));
    }

    private IHost BuildSilo(IPEndPoint listen)
    {
        var connector = new KeyVaultConnector(NoKeyVault, NoKeyVault);
        var parts = new SiloParts(
            _store,
            _keyring,
            connector,
            new InProcessDataPlane(),
            new VerifiedClient("tester@here", VaultRole.BackupContributor)
        );
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            NoTransport.Use(silo.Services);
            silo.UseInMemoryReminderService();
            silo.AddRecoveryVault(parts);
        });
        builder.Services.AddRecoveryVaultHealth(listen);
        return builder.Build();
    }

    private static IKeyVault NoKeyVault(string host, string principal) => throw new InvalidOperationException(host);
}
