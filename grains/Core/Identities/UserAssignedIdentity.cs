using System.Text.Json.Serialization;

namespace RecoveryVault.Identities;

/// <summary>A user-assigned managed identity as <c>az identity show</c> prints it, reduced to what the local ones have.</summary>
/// <param name="Id">The resource id.</param>
/// <param name="Name">1 to 128 letters, digits, hyphens and underscores, first a letter or digit.</param>
/// <param name="PrincipalId">The object id that key vaults give permissions to.</param>
/// <param name="ClientId">The application id.</param>
/// <param name="TenantId">The tenant.</param>
public sealed record UserAssignedIdentity(string Id, string Name, string PrincipalId, string ClientId, string TenantId);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(UserAssignedIdentity))]
[JsonSerializable(typeof(IReadOnlyList<UserAssignedIdentity>))]
public sealed partial class IdentityJson : JsonSerializerContext;
