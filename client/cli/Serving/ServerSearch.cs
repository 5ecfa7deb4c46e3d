using System.Net;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;

namespace RecoveryVault.Cli.Serving;

/// <summary>Finds the record of a server that this user may connect to.</summary>
internal static class ServerSearch
{
    /// <summary>The record of the server that holds a store, and its keys directory.</summary>
    /// <exception cref="VaultException">KeysNotFound, StoreAccessDenied: this user is not the server's.</exception>
    public static async Task<FoundServer> OfStoreAsync(EmbeddedStoreOptions options, StoreLockHolder holder, CancellationToken cancellation)
    {
        var storeId = await StoreIdOfAsync(options, cancellation);
        var keysPath = KeysOf(options, storeId);
        var record = ServerRecord.Find(keysPath);
        if (record?.StoreId == storeId && record.Gateway == holder.Gateway)
            return new FoundServer(record, keysPath);
        throw new VaultException(
            ErrorCodes.KeysNotFound,
            $"The store {options.StorePath} is served by {holder}, but the way in is not in {keysPath}.",
            "Run the command as the server's user, and name the server's keys directory with --keys if it has one of its own."
        );
    }

    /// <summary>The record of the server at one of these gateways, looked for in this user's keys directories.</summary>
    public static FoundServer AtGateway(IReadOnlyList<IPEndPoint> gateways, string? keysPath, string home)
    {
        var stores = Path.Combine(home, ".config", "recoveryvault", "stores");
        string[] places =
            keysPath is not null ? [keysPath]
            : Directory.Exists(stores) ? Directory.GetDirectories(stores)
            : [];
        foreach (var place in places)
        {
            if (ServerRecord.Find(place) is { } record && gateways.Any(gateway => gateway.ToString() == record.Gateway))
                return new FoundServer(record, place);
        }
        throw new VaultException(
            ErrorCodes.ClusterUnavailable,
            $"No server of yours is known at {string.Join(", ", gateways)}.",
            "The way into a cluster of silos is RVAULT_CLUSTER_SECRET_FILE. Else start a server with 'rvault serve'; if its keys lie in a directory of their own, name it with --keys."
        );
    }

    /// <summary>Reads <c>host:port[,host:port]</c>.</summary>
    /// <exception cref="VaultException">InvalidRequest; InsecureListenRefused: a gateway on another machine.</exception>
    public static IReadOnlyList<IPEndPoint> ParseGateways(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseGateway)];

    private static IPEndPoint ParseGateway(string text)
    {
        try
        {
            return DataPlane.ListenAddress.Parse(text) is { Port: > 0 } gateway ? gateway : throw NoGateway(text);
        }
        catch (VaultException e) when (e.Code == ErrorCodes.InvalidRequest)
        {
            throw NoGateway(text);
        }
    }

    private static VaultException NoGateway(string text) =>
        new(ErrorCodes.InvalidRequest, $"'{text}' is no gateway: want ADDRESS:PORT, as 'rvault silo' and 'rvault serve' print it.");

    private static async Task<string> StoreIdOfAsync(EmbeddedStoreOptions options, CancellationToken cancellation) =>
        (await Stores.StoreManifest.FindAsync(new FileBlobStore(options.StorePath), cancellation))?.StoreId
        ?? throw new VaultException(ErrorCodes.StoreNotFound, $"There is no store in {options.StorePath}.");

    private static string KeysOf(EmbeddedStoreOptions options, string storeId) =>
        Path.GetFullPath(options.KeysPath ?? Path.Combine(options.Home, ".config", "recoveryvault", "stores", storeId));
}

/// <summary>A server's record and where its keys lie.</summary>
internal sealed record FoundServer(ServerRecord Record, string KeysPath);
