using Microsoft.AspNetCore.Connections;

namespace RecoveryVault.Connections;

/// <summary>Puts <see cref="ConnectionProof"/> before whatever reads a connection.</summary>
public static class ConnectionGuard
{
    /// <summary>Lets only connections through whose client proves the secret; the others are closed unread.</summary>
    public static void RequireProof(
        this IConnectionBuilder connections,
        ConnectionSecret secret,
        string purpose,
        TimeProvider time,
        ContractVersion? contracts = null
    ) =>
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
                        contracts,
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
    /// <param name="connections">What reads connections.</param>
    /// <param name="secret">What both know.</param>
    /// <param name="purpose">The listener's.</param>
    /// <param name="time">The clock of patience.</param>
    /// <param name="contracts">What this program speaks; null: <see cref="ContractVersion.Ours"/>.</param>
    /// <param name="onOtherRelease">Told of a server whose contracts do not go with ours.</param>
    public static void PresentProof(
        this IConnectionBuilder connections,
        ConnectionSecret secret,
        string purpose,
        TimeProvider time,
        ContractVersion? contracts = null,
        Action<OtherReleaseException>? onOtherRelease = null
    ) =>
        connections.Use(next =>
            async connection =>
            {
                var (input, output) = StreamsOf(connection);
                try
                {
                    await ConnectionProof.PresentAsync(
                        secret,
                        purpose,
                        connection.RemoteEndPoint,
                        input,
                        output,
                        time,
                        contracts,
                        connection.ConnectionClosed
                    );
                }
                catch (OtherReleaseException other)
                {
                    onOtherRelease?.Invoke(other);
                    throw;
                }
                await next(connection);
            }
        );

    private static (Stream Input, Stream Output) StreamsOf(ConnectionContext connection) =>
        (connection.Transport.Input.AsStream(leaveOpen: true), connection.Transport.Output.AsStream(leaveOpen: true));
}
