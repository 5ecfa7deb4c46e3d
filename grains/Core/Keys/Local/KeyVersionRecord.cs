namespace RecoveryVault.Keys.Local;

/// <summary>One version of a key as it is kept. Times are Unix seconds. Dispose zeroes the private half.</summary>
internal sealed record KeyVersionRecord(
    string Version,
    KeyShape Shape,
    IReadOnlyList<string> Operations,
    bool Enabled,
    long CreatedOn,
    long UpdatedOn,
    PublicKey PublicKey,
    PrivateKey PrivateKey,
    long? NotBefore = null,
    long? ExpiresOn = null,
    IReadOnlyDictionary<string, string>? Tags = null
) : IDisposable
{
    private const int MaxTags = 15;
    private const int MaxTagLength = 256;

    /// <summary>
    /// Refuses to use the key as the service does: a disabled key is for nothing, whatever else holds; an expired or not yet valid one
    /// still unwraps, decrypts and verifies.
    /// </summary>
    public void RequireUsable(string operation, long now)
    {
        var forAnyType = operation is KeyPermissions.Sign or KeyPermissions.Verify;
        if (Shape.Type != KeyShape.Rsa && !forAnyType)
            throw KeyVaultRefusal.BadParameter($"A key of type {Shape.Type} cannot {operation}; want RSA.");
        if (!Enabled)
            throw KeyVaultRefusal.KeyDisabled(operation);
        if (!Operations.Contains(operation))
            throw KeyVaultRefusal.OperationForbidden(operation);
        if (operation is KeyPermissions.UnwrapKey or KeyPermissions.Decrypt or KeyPermissions.Verify)
            return;
        if (now >= ExpiresOn)
            throw KeyVaultRefusal.KeyExpired(operation);
        if (now < NotBefore)
            throw KeyVaultRefusal.KeyNotYetValid(operation);
    }

    /// <summary>Takes over what a new version is made with.</summary>
    public KeyVersionRecord With(KeyCreation request) =>
        this with
        {
            Enabled = request.Enabled,
            NotBefore = request.NotBefore?.ToUnixTimeSeconds(),
            ExpiresOn = request.ExpiresOn?.ToUnixTimeSeconds(),
        };

    public KeyVersionRecord Apply(KeyUpdate update, long now) =>
        this with
        {
            Enabled = update.Enabled ?? Enabled,
            NotBefore = update.NotBefore?.ToUnixTimeSeconds() ?? NotBefore,
            ExpiresOn = update.ExpiresOn?.ToUnixTimeSeconds() ?? ExpiresOn,
            Operations = update.KeyOps is null ? Operations : Shape.Operations(update.KeyOps),
            Tags = RequireTags(update.Tags) ?? Tags,
            UpdatedOn = now,
        };

    public void Dispose() => PrivateKey.Dispose();

    /// <exception cref="KeyVaultException">400: too many or too long.</exception>
    public static IReadOnlyDictionary<string, string>? RequireTags(IReadOnlyDictionary<string, string>? tags)
    {
        if (tags is null)
            return null;
        if (tags.Count > MaxTags || tags.Any(tag => tag.Key.Length is 0 or > MaxTagLength || tag.Value.Length > MaxTagLength))
            throw KeyVaultRefusal.BadParameter($"A key has at most {MaxTags} tags, names and values of at most {MaxTagLength} characters.");
        // A copy, so that the caller's dictionary can change.
        return tags.ToDictionary(StringComparer.Ordinal);
    }
}
