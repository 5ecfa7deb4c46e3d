using Azure.Core;
using Azure.Identity;
using RecoveryVault.Keys;

namespace RecoveryVault.KeyVaults;

/// <summary>
/// The credentials that stand behind vaults' identities, by Azure's own variables: a federated token (workload identity), a client secret,
/// a client certificate, else the managed identity of the machine.
/// </summary>
/// <param name="variable">Reads a variable; null when it is not set.</param>
internal sealed class VaultCredentials(Func<string, string?> variable)
{
    private TokenCredential? _process;

    /// <summary>The identity of this process.</summary>
    public TokenCredential OfProcess => _process ??= Make();

    /// <summary>
    /// On Azure: a user-assigned identity is itself; for a system-assigned one stands the identity of this process, whichever vault asks,
    /// for Azure gives those to its own resources only, and to Azure this process is the resource.
    /// </summary>
    public TokenCredential OnAzure(string principal) =>
        VaultPrincipal.Parse(principal) is { IsUserAssigned: true } user ? OfUserAssigned(user.Id) : OfProcess;

    /// <summary>A vault's own identity at a token endpoint that knows vaults, such as the development server's.</summary>
    public static TokenCredential OfPrincipal(string principal) => OfUserAssigned(VaultPrincipal.Parse(principal).Id);

    private static ManagedIdentityCredential OfUserAssigned(string id) =>
        new(
            id.StartsWith('/')
                ? ManagedIdentityId.FromUserAssignedResourceId(new ResourceIdentifier(id))
                : ManagedIdentityId.FromUserAssignedObjectId(id)
        );

    private TokenCredential Make()
    {
        var (tenant, client) = (variable("AZURE_TENANT_ID"), variable("AZURE_CLIENT_ID"));
        if (variable("AZURE_FEDERATED_TOKEN_FILE") is not null)
            return new WorkloadIdentityCredential();
        if (tenant is not null && client is not null && variable("AZURE_CLIENT_SECRET") is { } secret)
            return new ClientSecretCredential(tenant, client, secret);
        if (tenant is not null && client is not null && variable("AZURE_CLIENT_CERTIFICATE_PATH") is { } certificate)
            return new ClientCertificateCredential(tenant, client, certificate);
        return new ManagedIdentityCredential(
            client is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(client)
        );
    }
}
