using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Management;

/// <summary>Key vaults, who may use them, and their keys.</summary>
internal sealed class ManagedKeyVaults(LocalKeyVaults keyVaults, PendingPermissions pending, AuditLog audit, TimeProvider machine)
{
    public async Task RunAsync(KeyRequest request, string[] path)
    {
        switch (request.Method, path)
        {
            case ("GET", []):
                var all = await keyVaults.ListAsync(request.Cancellation);
                await Answers.OkAsync(request.Context, all, KeyVaultJson.Rest.IReadOnlyListKeyVaultResource);
                break;
            case ("GET", [var name]):
                await ShowAsync(request, await keyVaults.ShowAsync(name, request.Cancellation));
                break;
            case ("PUT", [var name]):
                await ShowAsync(request, await CreateAsync(name, await request.ReadAsync(ManagementJson.Default.CreateKeyVault)));
                break;
            case ("PATCH", [var name]):
                var update = await request.ReadAsync(ManagementJson.Default.KeyVaultUpdate);
                await ShowAsync(request, await keyVaults.UpdateAsync(name, update, request.Cancellation));
                break;
            case (_, [var name, "policies" or "roles", var principal]):
                await ChangePermissionAsync(request, name, path[1], principal);
                break;
            case (_, [var name, "keys" or "deletedkeys", ..]):
                await new ManagedKeys(keyVaults, audit, machine).RunAsync(request, name, path[1..]);
                break;
            default:
                await ManagementEndpoint.NotFoundAsync(request);
                break;
        }
    }

    private Task<KeyVaultResource> CreateAsync(string name, CreateKeyVault body) =>
        keyVaults.CreateAsync(
            new()
            {
                Name = name,
                Location = body.Location,
                EnableSoftDelete = body.EnableSoftDelete,
                RetentionDays = body.RetentionDays,
                EnablePurgeProtection = body.EnablePurgeProtection,
                EnableRbacAuthorization = body.EnableRbacAuthorization,
                DefaultAction = body.DefaultAction,
            }
        );

    /// <summary>Answered at once, as Azure Resource Manager does; in effect when it has reached the key vault.</summary>
    private async Task ChangePermissionAsync(KeyRequest request, string name, string kind, string principal)
    {
        var role = request.Query("role") ?? "";
        Func<Task>? change = (request.Method, kind) switch
        {
            ("PUT", "policies") => await PolicyAsync(request, name, principal),
            ("DELETE", "policies") => () => keyVaults.DeletePolicyAsync(name, principal),
            ("PUT", "roles") => () => keyVaults.AssignRoleAsync(name, principal, role),
            ("DELETE", "roles") => () => keyVaults.RemoveRoleAsync(name, principal, role),
            _ => null,
        };
        if (change is null)
        {
            await ManagementEndpoint.NotFoundAsync(request);
            return;
        }
        await pending.ChangeAsync(change);
        await ShowAsync(request, await keyVaults.ShowAsync(name, request.Cancellation));
    }

    private async Task<Func<Task>> PolicyAsync(KeyRequest request, string name, string principal)
    {
        var body = await request.ReadAsync(ManagementJson.Default.SetPolicy);
        return () => keyVaults.SetPolicyAsync(name, principal, body.Keys);
    }

    private static Task ShowAsync(KeyRequest request, KeyVaultResource vault) =>
        Answers.OkAsync(request.Context, vault, KeyVaultJson.Rest.KeyVaultResource);
}
