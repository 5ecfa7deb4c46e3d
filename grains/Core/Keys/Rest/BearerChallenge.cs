using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RecoveryVault.Keys.Rest;

/// <summary>
/// The Bearer challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). Azure.Core's own parser is not public. A header may hold several
/// challenges, <c>Bearer a="b", c="d", PoP e="f"</c>; parameters are token or quoted-string.
/// </summary>
internal sealed record BearerChallenge
{
    private const string Scheme = "Bearer";

    // A longer one is no challenge of a key vault.
    private const int MaxLength = 8192;

    private readonly IReadOnlyDictionary<string, string> _parameters;

    private BearerChallenge(IReadOnlyDictionary<string, string> parameters) => _parameters = parameters;

    /// <summary>The authority that issues tokens.</summary>
    public string? Authorization => Get("authorization") ?? Get("authorization_uri");

    /// <summary>What the token must be for: <c>https://vault.azure.net</c>.</summary>
    public string? Resource => Get("resource");

    /// <summary>As <see cref="Resource"/>, with its <c>/.default</c>.</summary>
    public string? Scope => Get("scope");

    /// <summary>Continuous access evaluation: the claims a new token must carry (decoded JSON); null: this is no such challenge.</summary>
    public string? Claims { get; private init; }

    public static bool TryParse(string? header, [NotNullWhen(true)] out BearerChallenge? challenge)
    {
        challenge = null;
        if (header is null or { Length: 0 or > MaxLength } || Scan(header) is not { } parameters)
            return false;
        challenge = new(parameters);
        if (challenge.Get("error") != "insufficient_claims" || challenge.Get("claims") is not { } encoded)
            return true;
        // Claims that cannot be read must not become a token without them.
        if (Decode(encoded) is not { } claims)
            return false;
        challenge = challenge with { Claims = claims };
        return true;
    }

    private string? Get(string name) => _parameters.GetValueOrDefault(name);

    /// <summary>The parameters of the first Bearer challenge; null when there is none or the header is malformed.</summary>
    private static Dictionary<string, string>? Scan(string header)
    {
        Dictionary<string, string>? found = null;
        var isBearer = false;
        for (var at = 0; Skip(header, ref at); )
        {
            var name = Token(header, ref at);
            if (name.Length == 0)
                return null;
            var afterName = at;
            if (!Skip(header, ref at, comma: false) || header[at] != '=')
            {
                if (found is not null)
                    return found;
                at = afterName;
                isBearer = name.Equals(Scheme, StringComparison.OrdinalIgnoreCase);
                found = isBearer ? new(StringComparer.OrdinalIgnoreCase) : null;
                continue;
            }
            at++;
            if (!Skip(header, ref at, comma: false) || Value(header, ref at) is not { } value)
                return null;
            // Said twice, nobody knows which holds.
            if (isBearer && found?.TryAdd(name, value) != true)
                return null;
        }
        return found;
    }

    /// <summary>Moves over spaces (and commas); false at the end.</summary>
    private static bool Skip(string header, ref int at, bool comma = true)
    {
        while (at < header.Length && (header[at] is ' ' or '\t' || (comma && header[at] == ',')))
            at++;
        return at < header.Length;
    }

    private static string Token(string header, ref int at)
    {
        var start = at;
        while (at < header.Length && (char.IsAsciiLetterOrDigit(header[at]) || "!#$%&'*+-.^_`|~/:".Contains(header[at])))
            at++;
        return header[start..at];
    }

    private static string? Value(string header, ref int at)
    {
        if (header[at] != '"')
            return Token(header, ref at) is { Length: > 0 } token ? token : null;
        var text = new StringBuilder();
        for (at++; at < header.Length; at++)
        {
            if (header[at] == '"')
            {
                at++;
                return text.ToString();
            }
            if (header[at] == '\\' && ++at == header.Length)
                break;
            text.Append(header[at]);
        }
        return null;
    }

    private static string? Decode(string claims)
    {
        try
        {
            var padded = claims.Replace('-', '+').Replace('_', '/').TrimEnd('=');
            padded += new string('=', (4 - (padded.Length % 4)) % 4);
            return Encoding.UTF8.GetString(Convert.FromBase64String(padded));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
