using System.Net;
using RecoveryVault.Connections;
using RecoveryVault.Storage;

namespace RecoveryVault.Cli.Serving;

/// <summary>
/// A store that another process of this user serves: a connection to its silo, made when first needed, and its keys directory, which any
/// number of processes may share.
/// </summary>
internal sealed class ServedStore(FoundServer server, TimeProvider time) : IAsyncDisposable
{
    private ConnectionSecret? _secret;
    private ClusterConnection? _connection;

    public string StoreId => server.Record.StoreId;

    public string StorePath => server.Record.StorePath;

    public IBlobStore Keys => new FileBlobStore(server.KeysPath, time);

    public async Task<VaultClient> ConnectAsync(CancellationToken cancellation)
    {
        _secret ??= ConnectionSecret.Parse(server.Record.Secret);
        _connection ??= await ClusterConnection.OpenAsync(
            new GatewayOptions
            {
                Gateways = [IPEndPoint.Parse(server.Record.Gateway)],
                Secret = _secret,
                ClusterId = server.Record.ServiceId,
                ServiceId = server.Record.ServiceId,
            },
            time,
            cancellation
        );
        return _connection.Client;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        _secret?.Dispose();
    }
}
