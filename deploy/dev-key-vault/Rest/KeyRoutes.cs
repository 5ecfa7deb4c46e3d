using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>Carries a request out on the keys of one key vault, as the caller sees them.</summary>
internal static class KeyRoutes
{
    /// <returns>The key id concerned, for the audit log.</returns>
    /// <exception cref="KeyVaultException">The service's refusal.</exception>
    public static async Task<string?> RunAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys)
    {
        var (name, cancellation) = (operation.Key ?? "", request.Cancellation);
        switch (operation.Name)
        {
            case "KeyList":
                return await PageAsync(request, await keys.ListKeysAsync(cancellation));
            case "KeyListVersions":
                return await PageAsync(request, await keys.ListKeyVersionsAsync(name, cancellation));
            case "KeyListDeleted":
                return await PageAsync(request, await keys.ListDeletedKeysAsync(cancellation));
            case "KeyGet":
                return await BundleAsync(request, await keys.GetKeyBundleAsync(name, operation.Version, cancellation));
            case "KeyGetDeleted":
                return await BundleAsync(request, await keys.GetDeletedKeyAsync(name, cancellation));
            case "KeyRotate":
                return await BundleAsync(request, await keys.RotateKeyAsync(name, cancellation));
            case "KeyDelete":
                return await BundleAsync(request, await keys.DeleteKeyAsync(name, cancellation));
            case "KeyRecover":
                return await BundleAsync(request, await keys.RecoverDeletedKeyAsync(name, cancellation));
            case "KeyPurge":
                await keys.PurgeDeletedKeyAsync(name, cancellation);
                request.Context.Response.StatusCode = 204;
                return null;
            case "SecretGet":
                throw new KeyVaultException(KeyVaultFault.KeyNotFound, 404, "SecretNotFound", null, SecretNotFound(name));
            default:
                return await KeyChanges.RunAsync(request, operation, keys);
        }
    }

    public static async Task<string?> BundleAsync(KeyRequest request, KeyBundle bundle)
    {
        await Answers.OkAsync(request.Context, bundle, KeyVaultJson.Rest.KeyBundle);
        return bundle.Key.Kid;
    }

    private static async Task<string?> PageAsync(KeyRequest request, IReadOnlyList<KeyItem> items)
    {
        await Answers.OkAsync(request.Context, KeyPaging.Cut(request, items), AnswerJson.Rest.KeyPage);
        return null;
    }

    private static string SecretNotFound(string name) =>
        $"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it "
        + "using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182";
}
