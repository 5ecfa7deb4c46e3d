using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Management;

/// <summary>
/// The keys of one key vault as its owner manages them, by the paths of the keys API below the key vault's own: made, shown, changed,
/// deleted, and never used. What wraps or signs, and what takes a private half out or in, needs a principal with the permission.
/// </summary>
internal sealed class ManagedKeys(LocalKeyVaults keyVaults, AuditLog audit, TimeProvider machine)
{
    /// <summary>Whom the audit log names.</summary>
    private static readonly TokenSubject Manager = new("management", "management");

    /// <param name="request">The request.</param>
    /// <param name="name">The key vault.</param>
    /// <param name="path">The path below the key vault's.</param>
    public async Task RunAsync(KeyRequest request, string name, string[] path)
    {
        var operation = KeyOperation.Of(request.Method, path);
        // A key vault that is not there is told as that, not as a host that does not resolve.
        var vault = await keyVaults.ShowAsync(name, request.Cancellation);
        var keys = keyVaults.Open(LocalKeyVaults.HostOf(name), KeyVaultCaller.Owner);
        var audited = new AuditedCall(request, operation, vault, machine.GetUtcNow()) { Caller = Manager };
        try
        {
            audited.KeyId = await AnswerAsync(request, operation, keys);
        }
        catch (KeyVaultException refused)
        {
            audited.Description = refused.Message;
            await Answers.ErrorAsync(request.Context, refused);
        }
        audit.Write(audited.ToEvent(request.Context.Response.StatusCode, machine.GetUtcNow()));
    }

    private static async Task<string?> AnswerAsync(KeyRequest request, KeyOperation operation, LocalKeyVault keys)
    {
        if (operation.Key is { } key)
            await RotateAsync(keys, key);
        switch (operation.Name)
        {
            // Whole lists: whoever manages a server is no client of the paging that it imitates.
            case "KeyList":
                return await ListAsync(request, await keys.ListKeysAsync(request.Cancellation));
            case "KeyListVersions":
                return await ListAsync(request, await keys.ListKeyVersionsAsync(operation.Key ?? "", request.Cancellation));
            case "KeyListDeleted":
                return await ListAsync(request, await keys.ListDeletedKeysAsync(request.Cancellation));
            case "KeyCreate" or "KeyUpdate":
                return await KeyChanges.RunAsync(request, operation, keys);
            case "KeyGet" or "KeyGetDeleted" or "KeyRotate" or "KeyDelete" or "KeyRecover" or "KeyPurge":
                return await KeyRoutes.RunAsync(request, operation, keys);
            default:
                await ManagementEndpoint.NotFoundAsync(request);
                return null;
        }
    }

    private static async Task<string?> ListAsync(KeyRequest request, IReadOnlyList<KeyItem> items)
    {
        await Answers.OkAsync(request.Context, items, KeyVaultJson.Rest.IReadOnlyListKeyItem);
        return null;
    }

    private static async Task RotateAsync(LocalKeyVault keys, string key)
    {
        try
        {
            await keys.RotateIfDueAsync(key);
        }
        catch (KeyVaultException)
        {
            // What is wrong with the name the request itself is told.
        }
    }
}
