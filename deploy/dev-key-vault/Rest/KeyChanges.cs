using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Rest;

/// <summary>The requests that bring a body.</summary>
internal static class KeyChanges
{
    public static Task<string?> RunAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys) =>
        operation.Name switch
        {
            "KeyCreate" => CreateAsync(request, operation.Key ?? "", keys),
            "KeyImport" => ImportAsync(request, operation.Key ?? "", keys),
            "KeyUpdate" => UpdateAsync(request, operation, keys),
            "KeyBackup" => BackupAsync(request, operation.Key ?? "", keys),
            "KeyRestore" => RestoreAsync(request, keys),
            "KeyRotationPolicyGet" or "KeyRotationPolicySet" => RotationPolicies.RunAsync(request, operation, keys),
            "KeyWrap" or "KeyUnwrap" or "KeyEncrypt" or "KeyDecrypt" or "KeySign" or "KeyVerify" => CryptographicOperation.RunAsync(
                request,
                operation,
                keys
            ),
            _ => throw new KeyVaultException(KeyVaultFault.BadParameter, 404, "NotFound", null, "The request URI is not of this service."),
        };

    private static async Task<string?> CreateAsync(KeyRequest request, string name, LocalKeyVault keys)
    {
        var body = await request.ReadAsync(BodyJson.Default.CreateBody);
        var creation = new KeyCreation
        {
            Kty = body.Kty ?? throw Answers.BadParameter("The property 'kty' is missing."),
            KeySize = body.KeySize,
            Curve = body.Crv,
            KeyOps = body.KeyOps,
            Enabled = body.Attributes?.Enabled ?? true,
            NotBefore = Time(body.Attributes?.Nbf),
            ExpiresOn = Time(body.Attributes?.Exp),
            Tags = body.Tags,
        };
        return await KeyRoutes.BundleAsync(request, await keys.CreateKeyAsync(name, creation, request.Cancellation));
    }

    private static async Task<string?> ImportAsync(KeyRequest request, string name, LocalKeyVault keys)
    {
        var body = await request.ReadAsync(BodyJson.Default.ImportBody);
        using var parameters = body.Key ?? throw Answers.BadParameter("The property 'key' is missing.");
        using var key = ImportedKeys.ToKey(parameters);
        var attributes = new KeyCreation
        {
            Kty = parameters.Kty ?? "",
            KeyOps = parameters.KeyOps,
            Enabled = body.Attributes?.Enabled ?? true,
            NotBefore = Time(body.Attributes?.Nbf),
            ExpiresOn = Time(body.Attributes?.Exp),
            Tags = body.Tags,
        };
        return await KeyRoutes.BundleAsync(request, await keys.ImportKeyAsync(name, key, attributes, request.Cancellation));
    }

    private static async Task<string?> UpdateAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys)
    {
        var body = await request.ReadAsync(BodyJson.Default.UpdateBody);
        var update = new KeyUpdate
        {
            Enabled = body.Attributes?.Enabled,
            NotBefore = Time(body.Attributes?.Nbf),
            ExpiresOn = Time(body.Attributes?.Exp),
            KeyOps = body.KeyOps,
            Tags = body.Tags,
        };
        var changed = await keys.UpdateKeyAsync(operation.Key ?? "", operation.Version, update, request.Cancellation);
        return await KeyRoutes.BundleAsync(request, changed);
    }

    private static async Task<string?> BackupAsync(KeyRequest request, string name, LocalKeyVault keys)
    {
        using var backup = new SecretValue(SecretBytes.CopyOf(await keys.BackupKeyAsync(name, request.Cancellation)));
        await Answers.OkAsync(request.Context, new BackupBody(backup), BodyJson.Default.BackupBody);
        return null;
    }

    private static async Task<string?> RestoreAsync(KeyRequest request, LocalKeyVault keys)
    {
        var body = await request.ReadAsync(BodyJson.Default.BackupBody);
        using var backup = body.Value ?? throw Answers.BadParameter("The property 'value' is missing.");
        return await KeyRoutes.BundleAsync(request, await keys.RestoreKeyAsync(backup.Memory, request.Cancellation));
    }

    private static DateTimeOffset? Time(long? seconds) =>
        seconds is null ? null
        : seconds is < 0 or > 253_402_300_799 ? throw Answers.BadParameter($"{seconds} is no time in Unix seconds.")
        : DateTimeOffset.FromUnixTimeSeconds(seconds.Value);
}
