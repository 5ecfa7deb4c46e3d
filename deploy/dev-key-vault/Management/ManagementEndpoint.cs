using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DevKeyVault.Faults;
using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.DevKeyVault.Management;

/// <summary>
/// The server's own routes, under <c>/manage/</c>, for whoever has the token from its data directory: key vaults, permissions, identities,
/// the clock, propagation, faults and the audit log.
/// </summary>
internal sealed class ManagementEndpoint(
    ServerIdentity server,
    TokenAuthority tokens,
    LocalKeyVaults keyVaults,
    UserAssignedIdentities identities,
    PendingPermissions pending,
    FaultRules faults,
    AuditLog audit,
    SettableClock clock
)
{
    public const string Root = "manage";

    public async Task HandleAsync(HttpContext context)
    {
        var request = new KeyRequest(context);
        try
        {
            if (!HasToken(context.Request))
                await Answers.ErrorAsync(
                    context,
                    401,
                    "Unauthorized",
                    $"Show the managementToken of {ServerIdentity.FileName} as a Bearer token."
                );
            else
                await RunAsync(request, request.Path[1..]);
        }
        catch (KeyVaultException refused)
        {
            await Answers.ErrorAsync(context, refused);
        }
        catch (VaultException refused)
        {
            await Answers.ErrorAsync(context, 400, refused.Code, refused.Message);
        }
    }

    private bool HasToken(HttpRequest request) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString()),
            Encoding.UTF8.GetBytes($"Bearer {server.ManagementToken}")
        );

    private Task RunAsync(KeyRequest request, string[] path) =>
        (path.FirstOrDefault(), path.Length) switch
        {
            ("keyvaults", _) => RunKeyVaultsAsync(request, path[1..]),
            ("identities", _) => RunIdentitiesAsync(request, path[1..]),
            ("clock", 1) => RunClockAsync(request),
            ("faults", 1) => RunFaultsAsync(request),
            ("propagation", 1) when request.Method == "PUT" => SetPropagationAsync(request),
            ("tokens", 1) when request.Method == "POST" => MakeTokenAsync(request),
            ("audit", 1) when request.Method == "GET" => Answers.OkAsync(
                request.Context,
                audit.Newest,
                AuditJson.Default.IReadOnlyListAuditEvent
            ),
            _ => NotFoundAsync(request),
        };

    private async Task RunKeyVaultsAsync(KeyRequest request, string[] path)
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
            case (_, [var name, var kind, var principal]):
                await ChangePermissionAsync(request, name, kind, principal);
                break;
            default:
                await NotFoundAsync(request);
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
            await NotFoundAsync(request);
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

    private async Task RunIdentitiesAsync(KeyRequest request, string[] path)
    {
        switch (request.Method, path)
        {
            case ("GET", []):
                await Answers.OkAsync(
                    request.Context,
                    await identities.ListAsync(),
                    IdentityJson.Default.IReadOnlyListUserAssignedIdentity
                );
                break;
            case ("PUT", [var name]):
                await Answers.OkAsync(request.Context, await identities.CreateAsync(name), IdentityJson.Default.UserAssignedIdentity);
                break;
            case ("GET", [var name]) when await identities.FindAsync(name) is { } found:
                await Answers.OkAsync(request.Context, found, IdentityJson.Default.UserAssignedIdentity);
                break;
            case ("DELETE", [var name]) when await identities.DeleteAsync(name):
                request.Context.Response.StatusCode = 204;
                break;
            default:
                await NotFoundAsync(request);
                break;
        }
    }

    private async Task RunClockAsync(KeyRequest request)
    {
        if (request.Method == "PUT")
        {
            var body = await request.ReadAsync(ManagementJson.Default.SetClock);
            if (body.Now is { } now)
                clock.Set(now);
            clock.Advance(TimeSpan.FromSeconds(body.AdvanceSeconds));
        }
        await Answers.OkAsync(request.Context, new ClockState(clock.GetUtcNow()), ManagementJson.Default.ClockState);
    }

    private async Task RunFaultsAsync(KeyRequest request)
    {
        if (request.Method == "PUT")
            faults.Replace(await request.ReadAsync(FaultJson.Default.IReadOnlyListFaultRule));
        await Answers.OkAsync(request.Context, faults.Current, FaultJson.Default.IReadOnlyListFaultRule);
    }

    private async Task SetPropagationAsync(KeyRequest request)
    {
        var body = await request.ReadAsync(ManagementJson.Default.SetPropagation);
        pending.Delay = TimeSpan.FromSeconds(body.Seconds);
        await Answers.OkAsync(request.Context, body, ManagementJson.Default.SetPropagation);
    }

    private async Task MakeTokenAsync(KeyRequest request)
    {
        var body = await request.ReadAsync(ManagementJson.Default.MakeToken);
        var lifetime = TimeSpan.FromSeconds(body.LifetimeSeconds);
        var token = tokens.Issue(new(body.ObjectId, body.ObjectId), body.Audience ?? VaultEndpoint.Resource, lifetime, body.TenantId);
        await Answers.OkAsync(request.Context, new MadeToken(token.Value), ManagementJson.Default.MadeToken);
    }

    private static Task ShowAsync(KeyRequest request, KeyVaultResource vault) =>
        Answers.OkAsync(request.Context, vault, KeyVaultJson.Rest.KeyVaultResource);

    private static Task NotFoundAsync(KeyRequest request) =>
        Answers.ErrorAsync(request.Context, 404, "NotFound", "There is no such management route, or nothing of that name.");
}
