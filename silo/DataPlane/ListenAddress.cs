using System.Globalization;
using System.Net;
using RecoveryVault.Errors;

namespace RecoveryVault.DataPlane;

/// <summary>An address to listen on, as a user writes it: an address of this machine only, with or without a port.</summary>
public static class ListenAddress
{
    /// <summary>Loopback, any free port.</summary>
    public static IPEndPoint Default => new(IPAddress.Loopback, 0);

    /// <summary>Reads <c>127.0.0.1</c>, <c>127.0.0.1:4711</c>, <c>localhost:4711</c>, <c>[::1]:4711</c> or <c>:4711</c>.</summary>
    /// <exception cref="VaultException">InvalidRequest; InsecureListenRefused: other machines could reach it.</exception>
    public static IPEndPoint Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        var hasPort =
            colon >= 0
            && !text.EndsWith(']')
            && text.IndexOf(':', StringComparison.Ordinal) is var first
            && (first == colon || text[0] == '[');
        var host = hasPort ? text[..colon] : text;
        var port = 0;
        if (hasPort && !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var given))
            throw Malformed(text);
        else if (hasPort)
            port = ushort.Parse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture);
        var address = host switch
        {
            "" when hasPort => IPAddress.Loopback,
            _ when host.Equals("localhost", StringComparison.OrdinalIgnoreCase) => IPAddress.Loopback,
            _ when (host.Contains('.', StringComparison.Ordinal) || host.Contains(':', StringComparison.Ordinal))
                    && IPAddress.TryParse(host, out var parsed) => parsed,
            _ => throw Malformed(text),
        };
        var endpoint = new IPEndPoint(address, port);
        RequireLoopback(endpoint);
        return endpoint;
    }

    /// <exception cref="VaultException">InsecureListenRefused.</exception>
    public static void RequireLoopback(IPEndPoint endpoint)
    {
        if (!IPAddress.IsLoopback(endpoint.Address))
            throw new VaultException(
                ErrorCodes.InsecureListenRefused,
                $"{(endpoint.Port == 0 ? $"{endpoint.Address}" : $"{endpoint}")} is no address of this machine alone: others could reach it, and this version has neither TLS nor tokens."
            );
    }

    private static VaultException Malformed(string text) =>
        new(ErrorCodes.InvalidRequest, $"'{text}' is no address to listen on: want ADDRESS or ADDRESS:PORT, such as 127.0.0.1:4711.");
}
