using System.Net;
using RecoveryVault.Connections;
using RecoveryVault.Storage;

namespace RecoveryVault.Cli.Serving;

/// <summary>How to get to a store through the silos that work on it, and what is known here of where it lies.</summary>
internal sealed record WayIn
{
    public required IReadOnlyList<IPEndPoint> Gateways { get; init; }

    /// <summary>Makes the secret that connections prove; the caller disposes it.</summary>
    public required Func<ConnectionSecret> OpenSecret { get; init; }

    public required string ClusterId { get; init; }

    public required string ServiceId { get; init; }

    /// <summary>The store's directory; null: nobody said where it is.</summary>
    public string? StorePath { get; init; }

    /// <summary>The store where it is no directory.</summary>
    public BlobStoreLocation? Remote { get; init; }

    /// <summary>The keys directory; null: where a store's keys are unless told otherwise.</summary>
    public string? KeysPath { get; init; }

    /// <summary>How long work goes on trying while no silo answers.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>The way to a server of this user.</summary>
    public static WayIn Of(FoundServer server) =>
        new()
        {
            Gateways = [IPEndPoint.Parse(server.Record.Gateway)],
            OpenSecret = () => ConnectionSecret.Parse(server.Record.Secret),
            ClusterId = server.Record.ServiceId,
            ServiceId = server.Record.ServiceId,
            StorePath = server.Record.StorePath,
            KeysPath = server.KeysPath,
        };
}
