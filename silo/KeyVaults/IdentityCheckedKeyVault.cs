using RecoveryVault.Identities;
using RecoveryVault.Keys;

namespace RecoveryVault.KeyVaults;

/// <summary>
/// A local key vault as a user-assigned identity sees it: one that is deleted gets no token, so that it is nobody's word that denies.
/// </summary>
internal sealed class IdentityCheckedKeyVault(IKeyVault inner, UserAssignedIdentities identities, string principalId) : IKeyVault
{
    public async Task<KeyVaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellation = default)
    {
        await RequireAsync(cancellation);
        return await inner.GetKeyAsync(name, version, cancellation);
    }

    public async Task<IReadOnlyList<KeyProperties>> ListVersionsAsync(string name, CancellationToken cancellation = default)
    {
        await RequireAsync(cancellation);
        return await inner.ListVersionsAsync(name, cancellation);
    }

    public async Task<WrapResult> WrapKeyAsync(KeyId key, ReadOnlyMemory<byte> keyMaterial, CancellationToken cancellation = default)
    {
        await RequireAsync(cancellation);
        return await inner.WrapKeyAsync(key, keyMaterial, cancellation);
    }

    public async Task<SecretBytes> UnwrapKeyAsync(KeyId key, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellation = default)
    {
        await RequireAsync(cancellation);
        return await inner.UnwrapKeyAsync(key, encryptedKey, cancellation);
    }

    private async Task RequireAsync(CancellationToken cancellation)
    {
        if (await identities.WasDeletedAsync(principalId, cancellation))
            throw new KeyVaultException(
                KeyVaultFault.Unauthorized,
                0,
                "AuthenticationFailed",
                null,
                $"No token can be had: the user-assigned identity {principalId} is deleted."
            );
    }
}
