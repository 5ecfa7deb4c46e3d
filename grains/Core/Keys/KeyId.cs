using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace RecoveryVault.Keys;

/// <summary>A key URI <c>https://{host}/keys/{name}[/{version}]</c>; a version is 32 lower-case hex digits.</summary>
public sealed partial record KeyId
{
    /// <summary>The longest URI in characters: host, port, name and version at their longest.</summary>
    public const int MaxLength = 433;

    private KeyId(string host, string name, string? version) => (Host, Name, Version) = (host, name, version);

    /// <summary>The key vault's host in lower case, with the port when it is not 443.</summary>
    public string Host { get; }

    /// <summary>The key's name: 1 to 127 letters, digits and hyphens.</summary>
    public string Name { get; }

    /// <summary>The version; null when the URI names none (then it follows rotation).</summary>
    public string? Version { get; }

    /// <summary>The same key without a version.</summary>
    public KeyId Versionless => Version is null ? this : new(Host, Name, null);

    /// <summary>The same key at a version.</summary>
    public KeyId WithVersion(string version) => new(Host, Name, version);

    /// <summary>Reads a key URI strictly: https, no user, query, fragment, trailing slash or white space, path /keys/.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out KeyId? keyId)
    {
        var match = text is null or { Length: > MaxLength } ? Match.Empty : Grammar().Match(text);
        keyId = match.Success
            ? new(
                match.Groups["host"].Value.ToLowerInvariant(),
                match.Groups["name"].Value,
                match.Groups["version"] is { Success: true } v ? v.Value : null
            )
            : null;
        return keyId is not null;
    }

    /// <exception cref="FormatException">The text is no key URI.</exception>
    public static KeyId Parse(string text) =>
        TryParse(text, out var keyId) ? keyId : throw new FormatException($"'{text}' is not a key URI.");

    public override string ToString() => Version is null ? $"https://{Host}/keys/{Name}" : $"https://{Host}/keys/{Name}/{Version}";

    [GeneratedRegex(
        @"\Ahttps://(?<host>[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[1-9][0-9]{0,4})?)/keys/(?<name>[0-9A-Za-z-]{1,127})(/(?<version>[0-9a-f]{32}))?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Grammar();
}
