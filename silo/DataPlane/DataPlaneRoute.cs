using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DataPath.Wire;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>Where a request goes and who it says it is.</summary>
internal readonly record struct DataPlaneRoute(Guid SessionId, string Direction, string? Operation, ImmutableArray<byte> Token)
{
    private const string Scheme = "Bearer ";

    /// <exception cref="VaultException">ProtocolMismatch: no such route or version; SessionLost: no token.</exception>
    public static DataPlaneRoute Parse(HttpRequest request)
    {
        var parts = (request.Path.Value ?? "").Split('/');
        if (parts is not ["", ['v', .. var version], "sessions", var id, var direction, .. var rest] || rest.Length > 1)
            throw NoRoute(request);
        if (version != DataPlaneProtocol.Version.ToString(CultureInfo.InvariantCulture))
            throw new VaultException(
                ErrorCodes.ProtocolMismatch,
                $"The client asks for version {(int.TryParse(version, CultureInfo.InvariantCulture, out var asked) ? asked : "?")} of the data plane; this silo speaks {DataPlaneProtocol.Version}."
            );
        var isKnown = direction is DataPlaneProtocol.Backup or DataPlaneProtocol.Restore;
        var isRead = rest.Length == 0;
        if (!isKnown || !Guid.TryParseExact(id, "D", out var sessionId) || request.Method != (isRead ? "GET" : "POST"))
            throw NoRoute(request);
        return new DataPlaneRoute(sessionId, direction, isRead ? null : rest[0], TokenOf(request));
    }

    public static VaultException NoRoute(HttpRequest request) =>
        new(
            ErrorCodes.ProtocolMismatch,
            $"Version {DataPlaneProtocol.Version} of the data plane knows no such request ({request.Method})."
        );

    private static ImmutableArray<byte> TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (
            header.Count != 1
            || header[0] is not { Length: 7 + (2 * DataPlaneProtocol.TokenLength) } value
            || !value.StartsWith(Scheme, StringComparison.Ordinal)
        )
            throw NoToken();
        var token = new byte[DataPlaneProtocol.TokenLength];
        return Convert.FromHexString(value.AsSpan(Scheme.Length), token, out _, out _) == System.Buffers.OperationStatus.Done
            ? [.. token]
            : throw NoToken();
    }

    private static VaultException NoToken() => new(ErrorCodes.SessionLost, "The request carries no session token.");
}
