using System.Net;
using System.Net.Sockets;
using Orleans.Messaging;

namespace RecoveryVault.Connections;

/// <summary>
/// The gateways that let this process in now. The runtime sends its first questions to any that it is told of, also by way of another, and
/// waits half a minute for the answer of one that is gone.
/// </summary>
internal sealed class AnsweringGateways(GatewayOptions options, TimeProvider time) : IGatewayListProvider
{
    /// <summary>How soon a silo that was started again is used.</summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(15);

    /// <summary>How long the others may take once one has answered: a silo that stands still takes connections and says nothing.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public TimeSpan MaxStaleness => Refresh;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProviderAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>All of them while none answers, so that the runtime goes on trying.</summary>
    public async Task<IList<Uri>> GetGatewaysAsync(CancellationToken cancellationToken = default)
    {
        var (answering, _) = await KnockAsync(cancellationToken);
        return [.. (answering.Count > 0 ? answering : options.Gateways).Select(g => SiloAddress.New(g, 0).ToGatewayUri())];
    }

    public Task InitializeGatewayListProvider() => InitializeGatewayListProviderAsync();

    public Task<IList<Uri>> GetGateways() => GetGatewaysAsync();

    /// <summary>Tries all at once.</summary>
    /// <returns>Those that answer, in the order they do; and the most telling of the refusals, null when there was none.</returns>
    public async Task<(IReadOnlyList<IPEndPoint> Answering, Exception? Refusal)> KnockAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<(IPEndPoint Gateway, Exception? Failure)>> under = [.. options.Gateways.Select(g => TryAsync(g, ending.Token))];
        List<IPEndPoint> answering = [];
        List<Exception> refusals = [];
        Task? grace = null;
        while (under.Count > 0 && await Task.WhenAny(grace is null ? under : [.. under, grace]) is var next && next != grace)
        {
            var (gateway, failure) = await under[under.FindIndex(u => u == next)];
            under.RemoveAll(u => u == next);
            if (failure is null)
            {
                answering.Add(gateway);
                grace ??= Task.Delay(Grace, time, ending.Token);
            }
            else
                refusals.Add(failure);
        }
        await ending.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        await Task.WhenAll(under);
        return (answering, refusals.MaxBy(Weight));
    }

    private static int Weight(Exception refusal) =>
        refusal switch
        {
            OtherReleaseException => 2,
            ConnectionRefusedException => 1,
            _ => 0,
        };

    private async Task<(IPEndPoint Gateway, Exception? Failure)> TryAsync(IPEndPoint gateway, CancellationToken cancellation)
    {
        try
        {
            using var socket = new Socket(gateway.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(gateway, cancellation);
            await using var stream = new NetworkStream(socket);
            await ConnectionProof.PresentAsync(
                options.Secret,
                ConnectionProof.Gateway,
                gateway,
                stream,
                stream,
                time,
                options.Contracts,
                cancellation
            );
            return (gateway, null);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return (gateway, e);
        }
    }
}
