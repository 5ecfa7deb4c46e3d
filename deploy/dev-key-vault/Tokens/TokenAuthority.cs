using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace RecoveryVault.DevKeyVault.Tokens;

/// <summary>Signs the tokens of this server's tenant (RS256), and reads those that come with requests.</summary>
internal sealed class TokenAuthority : IDisposable
{
    private readonly RSA _rsa = RSA.Create();
    private readonly SigningCredentials _signing;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly TimeProvider _machine;
    private readonly string _tenantId;

    public TokenAuthority(ServerIdentity identity, TimeProvider machine)
    {
        (_machine, _tenantId) = (machine, identity.TenantId);
        _rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(identity.SigningKey), out _);
        // The library's own cache of signers is the process's, and would outlive this key.
        var key = new RsaSecurityKey(_rsa) { CryptoProviderFactory = new() { CacheSignatureProviders = false } };
        _signing = new SigningCredentials(key, SecurityAlgorithms.RsaSha256);
    }

    /// <summary>What the tokens of a tenant name as their issuer.</summary>
    public static string IssuerOf(string tenantId) => $"https://sts.windows.net/{tenantId}/";

    public IssuedToken Issue(TokenSubject subject, string audience, TimeSpan lifetime, string? tenantId = null)
    {
        var now = _machine.GetUtcNow();
        var expires = now + lifetime;
        var token = _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = IssuerOf(tenantId ?? _tenantId),
                Audience = audience,
                IssuedAt = now.UtcDateTime,
                NotBefore = now.AddSeconds(-5).Add(lifetime < TimeSpan.Zero ? lifetime * 2 : TimeSpan.Zero).UtcDateTime,
                Expires = expires.UtcDateTime,
                SigningCredentials = _signing,
                Claims = new Dictionary<string, object>
                {
                    ["oid"] = subject.ObjectId,
                    ["sub"] = subject.ObjectId,
                    ["appid"] = subject.ClientId,
                    ["tid"] = tenantId ?? _tenantId,
                    ["uti"] = Guid.NewGuid().ToString("n"),
                    ["ver"] = "1.0",
                },
            }
        );
        return new(token, expires);
    }

    /// <summary>Checks signature, issuer, audience and time, in this order.</summary>
    /// <exception cref="TokenRefusedException">With the service's own words where they are known.</exception>
    public async Task<PresentedToken> ReadAsync(string token, string audience)
    {
        var parameters = new TokenValidationParameters
        {
            IssuerSigningKey = _signing.Key,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            RequireSignedTokens = true,
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        };
        var result = await _handler.ValidateTokenAsync(token, parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken read)
            throw TokenRefusedException.Signature();
        if (read.Issuer != IssuerOf(_tenantId))
            throw TokenRefusedException.Issuer(IssuerOf(_tenantId), read.Issuer);
        if (!read.Audiences.Any(a => a.TrimEnd('/') == audience))
            throw TokenRefusedException.Audience(audience, string.Join(' ', read.Audiences));
        var now = _machine.GetUtcNow().UtcDateTime;
        if (read.ValidTo <= now || read.ValidFrom > now)
            throw TokenRefusedException.Lifetime();
        return new(new(Claim(read, "oid"), Claim(read, "appid")), Claim(read, "uti"));
    }

    public void Dispose() => _rsa.Dispose();

    private static string Claim(JsonWebToken token, string name) =>
        token.TryGetPayloadValue<string>(name, out var value) && value is not null ? value : throw TokenRefusedException.Signature();
}

/// <summary>Whose token it is.</summary>
internal sealed record TokenSubject(string ObjectId, string ClientId);

/// <summary>A token as it is given out.</summary>
internal sealed record IssuedToken(string Value, DateTimeOffset ExpiresOn)
{
    public override string ToString() => "IssuedToken(redacted)";
}

/// <summary>A token that was checked; its id tells it from others of the same subject.</summary>
internal sealed record PresentedToken(TokenSubject Subject, string Id);
