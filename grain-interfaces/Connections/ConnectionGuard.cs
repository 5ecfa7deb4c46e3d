using Microsoft.AspNetCore.Connections;

namespace RecoveryVault.Connections;

/// <summary>Puts <see cref="ConnectionProof"/> before whatever reads a connection.</summary>
public static class ConnectionGuard
{
    /// <summary>Lets only connections through whose client proves the secret; the others are closed unread.</summary>
    public static void RequireProof(this IConnectionBuilder connections, ConnectionSecret secret, string purpose, TimeProvider time) =>
        connections.Use(next =>
            async connection =>
            {
                try
                {
                    var (input, output) = StreamsOf(connection);
                    await ConnectionProof.AcceptAsync(
                        secret,
                        purpose,
                        connection.LocalEndPoint,
                        input,
                        output,
                        time,
                        connection.ConnectionClosed
                    );
                }
                catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
                {
                    // Whoever it was learns nothing but that the connection is closed.
                    connection.Abort();
                    return;
                }
                await next(connection);
            }
        );

    /// <summary>Proves the secret to the server, and demands the same of it, before anything is sent.</summary>
    public static void PresentProof(this IConnectionBuilder connections, ConnectionSecret secret, string purpose, TimeProvider time) =>
        connections.Use(next =>
            async connection =>
            {
                var (input, output) = StreamsOf(connection);
                await ConnectionProof.PresentAsync(
                    secret,
                    purpose,
                    connection.RemoteEndPoint,
                    input,
                    output,
                    time,
                    connection.ConnectionClosed
                );
                await next(connection);
            }
        );

    private static (Stream Input, Stream Output) StreamsOf(ConnectionContext connection) =>
        (connection.Transport.Input.AsStream(leaveOpen: true), connection.Transport.Output.AsStream(leaveOpen: true));
}
