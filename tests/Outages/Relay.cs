using System.Net;
using System.Net.Sockets;

namespace RecoveryVault.Tests.Outages;

/// <summary>What has become of a line.</summary>
internal enum Cut
{
    None,

    /// <summary>Nothing comes through and nobody is told; what was under way goes on when the line is whole again.</summary>
    Silent,

    /// <summary>Connections are reset, and new ones at once.</summary>
    Reset,
}

/// <summary>A line from one address to another, TCP or Unix socket on each side, that can be cut.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Socket _listener;
    private readonly EndPoint _target;
    private readonly Task _accepting;
    private TaskCompletionSource _open = Opened();
    private CancellationTokenSource _reset = new();
    private Cut _cut;

    private Relay(EndPoint listen, EndPoint target)
    {
        _target = target;
        _listener = NewSocket(listen);
        _listener.Bind(listen);
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint Address => _listener.LocalEndPoint!;

    public static Relay Start(EndPoint listen, EndPoint target) => new(listen, target);

    /// <summary>Cuts the line or mends it.</summary>
    public void Set(Cut cut)
    {
        lock (_gate)
        {
            _cut = cut;
            if (cut == Cut.Silent && _open.Task.IsCompleted)
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (cut != Cut.Silent)
                _open.TrySetResult();
            if (cut == Cut.Reset)
            {
                _reset.Cancel();
                _reset = new CancellationTokenSource();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Set(Cut.None);
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
        _reset.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private static Socket NewSocket(EndPoint endpoint) =>
        endpoint is IPEndPoint
            ? new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private async Task AcceptAsync()
    {
        List<Task> lines = [];
        try
        {
            while (true)
            {
                lines.Add(ServeAsync(await _listener.AcceptAsync(_end.Token)));
                lines.RemoveAll(line => line.IsCompleted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The relay ends.
        }
        await Task.WhenAll(lines);
    }

    private async Task ServeAsync(Socket from)
    {
        using var to = NewSocket(_target);
        using var line = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, CurrentReset());
        using (from)
        {
            try
            {
                await PassAsync(line.Token);
                await to.ConnectAsync(_target, line.Token);
                await Task.WhenAll(PumpAsync(from, to, line), PumpAsync(to, from, line));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                ResetOnClose(from);
                ResetOnClose(to);
            }
        }
    }

    /// <summary>A side that has ended is told to the other; one that fails ends both.</summary>
    private async Task PumpAsync(Socket from, Socket to, CancellationTokenSource line)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer, line.Token) is > 0 and var count)
            {
                await PassAsync(line.Token);
                for (var sent = 0; sent < count; )
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), line.Token);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await line.CancelAsync();
            throw;
        }
    }

    private async Task PassAsync(CancellationToken cancellation)
    {
        Task open;
        lock (_gate)
            open = _cut == Cut.Reset ? Task.FromException(new SocketException((int)SocketError.ConnectionReset)) : _open.Task;
        await open.WaitAsync(cancellation);
    }

    private CancellationToken CurrentReset()
    {
        lock (_gate)
            return _reset.Token;
    }

    private static void ResetOnClose(Socket socket)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
