using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using RecoveryVault.Clustering;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;
using RecoveryVault.Tests.Reminders;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Clustering;

/// <summary>Three silo processes with one store directory between them, and a client.</summary>
public sealed class BlobClusterTests : IAsyncLifetime, IDisposable
{
    private const int Grains = 12;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _root = new();
    private readonly FileBlobStore _store;
    private readonly List<SiloProcess> _silos = [];

    public BlobClusterTests() => _store = new FileBlobStore(_root.Path, options: new FileBlobStoreOptions { CreateIfMissing = true });

    [Fact]
    public async Task Cluster_OfThreeProcesses_OutlivesOneThatIsKilled()
    {
        for (var i = 0; i < 3; i++)
            _silos.Add(SiloProcess.Start(_root.Path));
        await Task.WhenAll(_silos.Select(s => s.Ready));
        using var client = await ConnectAsync();
        var grains = client.Services.GetRequiredService<IClusterClient>();
        for (var i = 0; i < Grains; i++)
        {
            await grains.GetGrain<ITickingGrain>(i).StartAsync();
            Assert.Equal(1, await grains.GetGrain<ITickingGrain>(i).CountAsync());
        }
        await TickAsync(_silos);

        var killed = _silos[1];
        var address = await killed.Ready;
        await killed.KillAsync();
        var left = _silos.Where(s => s != killed).ToList();
        await Task.WhenAll(left.Select(s => s.Said($"dead {address}")));
        left.ForEach(s => s.Forget());
        await TickAsync(left);

        for (var i = 0; i < Grains; i++)
            Assert.Equal(2, await grains.GetGrain<ITickingGrain>(i).CountAsync());
        await RequireTablesAsync(SiloAddress.FromParsableString(address));
    }

    /// <summary>Each reminder has ticked on one of these silos.</summary>
    private static Task TickAsync(IReadOnlyList<SiloProcess> silos) =>
        Task.WhenAll(Enumerable.Range(0, Grains).Select(i => Task.WhenAny(silos.Select(s => s.Said($"tick {i}"))).Unwrap()));

    /// <summary>What the store says in the end.</summary>
    private async Task RequireTablesAsync(SiloAddress killed)
    {
        var members = (await new BlobMembershipTable(_store, BlobClusterRole.Ids.ClusterId).ReadAllAsync()).Members;
        Assert.Equal(
            [(SiloStatus.Active, false), (SiloStatus.Active, false), (SiloStatus.Dead, true)],
            members.Select(m => (m.Item1.Status, m.Item1.SiloAddress.Equals(killed))).Order()
        );
        Assert.All(members, m => Assert.NotEqual(default, m.Item1.IAmAliveTime));
        Assert.Equal(2, (await new BlobGatewayListProvider(_store, BlobClusterRole.Ids.ClusterId, default).GetGatewaysAsync()).Count);
        var reminders = ReminderSamples.Open(_store, BlobClusterRole.Ids.ServiceId);
        Assert.Equal(Grains, (await reminders.ReadRows(0, 0)).Reminders.Count);
    }

    private async Task<IHost> ConnectAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            client.Services.AddSingleton<IBlobStore>(_store);
            client.Configure<ClusterOptions>(o =>
                (o.ClusterId, o.ServiceId) = (BlobClusterRole.Ids.ClusterId, BlobClusterRole.Ids.ServiceId)
            );
            client.Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
            client.UseBlobStoreGatewayList();
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var silo in _silos)
            await silo.DisposeAsync();
    }

    public void Dispose() => _root.Dispose();

    /// <summary>A silo in a process of its own, and what it has said.</summary>
    private sealed class SiloProcess : IAsyncDisposable
    {
        private readonly ChildProcess _child;
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _said = new();
        private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _reading;
        private bool _isKilled;

        private SiloProcess(ChildProcess child)
        {
            _child = child;
            _reading = ReadAsync();
        }

        /// <summary>Its address.</summary>
        public Task<string> Ready => _ready.Task.WaitAsync(Patience, TimeProvider.System);

        public static SiloProcess Start(string root) => new(ChildProcess.Start("blob-cluster", root, FreePort(), FreePort()));

        /// <summary>Ends when it has said so, since the last <see cref="Forget"/>; fails when it ends or stays silent instead.</summary>
        public async Task Said(string line)
        {
            try
            {
                await Task.WhenAny(Of(line).Task, _reading).Unwrap().WaitAsync(Patience, TimeProvider.System);
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"No '{line}' from {await Ready}, which logged: {_child.Errors}", e);
            }
        }

        public void Forget() => _said.Clear();

        public async Task KillAsync()
        {
            _isKilled = true;
            await _child.KillAsync();
        }

        public ValueTask DisposeAsync() => _child.DisposeAsync();

        private TaskCompletionSource Of(string line) =>
            _said.GetOrAdd(line, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        private async Task ReadAsync()
        {
            try
            {
                while (true)
                {
                    var line = await _child.ReadLineAsync("more of its silo");
                    if (line.StartsWith("ready ", StringComparison.Ordinal))
                        _ready.TrySetResult(line["ready ".Length..]);
                    Of(line).TrySetResult();
                }
            }
            catch (ChildProcessException e)
            {
                _ready.TrySetException(e);
                if (!_isKilled)
                    throw;
            }
        }

        private static string FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        }
    }
}
