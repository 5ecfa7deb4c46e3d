using System.Net;
using System.Net.Sockets;

namespace RecoveryVault.Tests.Outages;

/// <summary>Lines as a process of the network it is started in: <c>FROM=TO …</c>, each ADDRESS:PORT or a Unix socket's path.</summary>
internal static class RelayRole
{
    public static async Task RunAsync(string[] args)
    {
        List<Relay> relays = [];
        foreach (var line in args)
            relays.Add(Relay.Start(Parse(line.Split('=')[0]), Parse(line.Split('=')[1])));
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadToEndAsync();
        foreach (var relay in relays)
            await relay.DisposeAsync();
    }

    private static EndPoint Parse(string text) => text.StartsWith('/') ? new UnixDomainSocketEndPoint(text) : IPEndPoint.Parse(text);
}
