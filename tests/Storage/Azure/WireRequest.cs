using System.Text;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>A request as it came over the wire, whole.</summary>
internal sealed record WireRequest(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body)
{
    /// <summary>The next request of a connection; null when it ended.</summary>
    public static async Task<WireRequest?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        if (await ReadLineAsync(stream, cancellation) is not { Length: > 0 } first)
            return null;
        List<(string Name, string Value)> headers = [];
        while (await ReadLineAsync(stream, cancellation) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }
        var length = headers.FirstOrDefault(h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        var body = new byte[length is null ? 0 : int.Parse(length)];
        if (headers.Any(h => h.Name.Equals("Expect", StringComparison.OrdinalIgnoreCase)))
            await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellation);
        await stream.ReadExactlyAsync(body, cancellation);
        var parts = first.Split(' ');
        return new(parts[0], parts[1], headers, body);
    }

    /// <summary>The same for the service at a port, its host left as the sender signed it.</summary>
    public HttpRequestMessage ToMessage(int port)
    {
        var asItCame = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        var address = new Uri($"http://127.0.0.1:{port}{Target}", asItCame);
        var message = new HttpRequestMessage(new HttpMethod(Method), address) { Content = new ByteArrayContent(Body) };
        foreach (var (name, value) in Headers)
            if (name.ToLowerInvariant() is not ("content-length" or "expect" or "connection"))
                if (!message.Headers.TryAddWithoutValidation(name, value))
                    message.Content.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellation) > 0)
        {
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
        return line.Length > 0 ? line.ToString() : null;
    }
}
