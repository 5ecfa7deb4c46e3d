using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace RecoveryVault.DevKeyVault;

/// <summary>What a server is, from its first start on. The two secrets open nothing but this server.</summary>
/// <param name="TenantId">The tenant of its tokens.</param>
/// <param name="HostPrincipalId">The system-assigned identity of the machine: who asks for a token without saying whose.</param>
/// <param name="IdentityHeader">What the App Service form of the token endpoint must be shown.</param>
/// <param name="ManagementToken">What the management routes must be shown.</param>
/// <param name="SigningKey">The private half that signs tokens, PKCS #8 in base64.</param>
internal sealed record ServerIdentity(
    string TenantId,
    string HostPrincipalId,
    string IdentityHeader,
    string ManagementToken,
    string SigningKey
)
{
    public const string FileName = "server.json";

    /// <summary>The management token alone, for who is to manage the server and sign no tokens.</summary>
    public const string ManagementTokenFile = "management-token";

    public static ServerIdentity Make()
    {
        using var rsa = RSA.Create(2048);
        return new(
            Guid.NewGuid().ToString(),
            Guid.NewGuid().ToString(),
            RandomNumberGenerator.GetHexString(64, lowercase: true),
            RandomNumberGenerator.GetHexString(64, lowercase: true),
            Convert.ToBase64String(rsa.ExportPkcs8PrivateKey())
        );
    }

    public override string ToString() => $"ServerIdentity {TenantId} (redacted)";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ServerIdentity))]
internal sealed partial class ServerJson : JsonSerializerContext;
