namespace RecoveryVault.DevKeyVault.Tokens;

/// <summary>A request without a token that counts: 401. Texts are the service's; where none is public, the comment says so.</summary>
internal sealed class TokenRefusedException(string message, string? claims = null) : Exception(message)
{
    /// <summary>Continuous access evaluation: what a new token must claim.</summary>
    public string? Claims { get; } = claims;

    public static TokenRefusedException Missing() => new("AKV10000: Request is missing a Bearer or PoP token.");

    /// <summary>The text is not public.</summary>
    public static TokenRefusedException Signature() => new("AKV10001: The token cannot be validated.");

    public static TokenRefusedException Issuer(string expected, string found) =>
        new($"AKV10032: Invalid issuer. Expected one of {expected}, found {found}.");

    public static TokenRefusedException Audience(string expected, string found) =>
        new($"AKV10022: Invalid audience. Expected {expected}, found: {found}.");

    /// <summary>The text is not public.</summary>
    public static TokenRefusedException Lifetime() => new("AKV10005: The token is expired or not yet valid.");

    /// <summary>The text is not public.</summary>
    public static TokenRefusedException InsufficientClaims(string claims) =>
        new("AKV10082: Continuous access evaluation resulted in a challenge.", claims);
}
