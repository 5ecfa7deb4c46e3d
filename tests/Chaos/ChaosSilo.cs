using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using RecoveryVault.Health;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Chaos;

/// <summary>One silo that is killed and started again, at the same gateway.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ChaosSilo : IAsyncDisposable
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(200);

    private readonly Func<ChaosSilo, ChildProcess> _start;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private ChildProcess? _process;

    private ChaosSilo(string name, Func<ChaosSilo, ChildProcess> start) => (Name, _start) = (name, start);

    public string Name { get; }

    public IPEndPoint Gateway { get; } = new(IPAddress.Loopback, FreePort());

    /// <summary>The same in every life: who comes back puts its predecessor out at once.</summary>
    public IPEndPoint Address { get; } = new(IPAddress.Loopback, FreePort());

    public IPEndPoint Health { get; } = new(IPAddress.Loopback, FreePort());

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"{Name} was never started.");

    /// <summary>How often it was started.</summary>
    public int Life { get; private set; }

    public static ChaosSilo Start(string name, Func<ChaosSilo, ChildProcess> start)
    {
        var silo = new ChaosSilo(name, start);
        silo.StartAgain();
        return silo;
    }

    public void StartAgain() => (_process, Life) = (_start(this), Life + 1);

    public void Signal(string signal) => Assert.True(ChildProcess.Succeeds("kill", $"-{signal}", $"{Process.Id}"));

    public async Task KillAsync()
    {
        await Process.KillAsync();
        await Process.DisposeAsync();
    }

    /// <summary>Whether it says so itself, once.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri($"http://{Health}{HealthEndpoint.ReadyPath}"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Until it is ready, or was killed again meanwhile (false).</summary>
    public async Task<bool> AwaitReadyAsync(TimeSpan patience)
    {
        var (life, process) = (Life, Process);
        for (var start = TimeProvider.System.GetTimestamp(); life == Life; )
        {
            if (await IsReadyAsync())
                return life == Life;
            if (life == Life && process.HasEnded)
                Assert.Fail($"{Name} ended by itself:\n{process.Errors}");
            if (TimeProvider.System.GetElapsedTime(start) > patience)
                Assert.Fail($"{Name} was not ready after {patience.TotalSeconds:0} s:\n{process.Errors}");
            await Task.Delay(LookPeriod, TimeProvider.System);
        }
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is not null)
            await _process.DisposeAsync();
    }

    /// <summary>Below those that the system gives to connections: it must be free when the silo comes back.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = System.Security.Cryptography.RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}
