using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using RecoveryVault.DevKeyVault.Faults;
using RecoveryVault.DevKeyVault.Limits;
using RecoveryVault.DevKeyVault.Rest;
using RecoveryVault.DevKeyVault.Tokens;
using RecoveryVault.Errors;
using RecoveryVault.Identities;
using RecoveryVault.Keys;

namespace RecoveryVault.DevKeyVault.Management;

/// <summary>
/// The server's own routes, under <c>/manage/</c>, for whoever has the token from its data directory: key vaults, permissions, identities,
/// the clock, propagation, faults and the audit log.
/// </summary>
internal sealed class ManagementEndpoint(
    ServerIdentity server,
    TokenAuthority tokens,
    ManagedKeyVaults keyVaults,
    UserAssignedIdentities identities,
    PendingPermissions pending,
    FaultRules faults,
    ServiceLimits limits,
    AuditLog audit,
    SettableClock clock
)
{
    public const string Root = "manage";

    /// <summary>Both ends say which version of the routes they speak; who says none takes what there is.</summary>
    private const string VersionHeader = "x-rvault-management-version";

    private const string Version = "1";

    public async Task HandleAsync(HttpContext context)
    {
        var request = new KeyRequest(context);
        context.Response.Headers[VersionHeader] = Version;
        try
        {
            if (!HasToken(context.Request))
                await Answers.ErrorAsync(
                    context,
                    401,
                    "Unauthorized",
                    $"Show the content of {ServerIdentity.ManagementTokenFile} as a Bearer token."
                );
            else if (!IsKnownVersion(context.Request))
                await Answers.ErrorAsync(context, 400, ErrorCodes.ProtocolMismatch, $"These routes have version {Version}.");
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

    private static bool IsKnownVersion(HttpRequest request) => request.Headers[VersionHeader].ToString() is "" or Version;

    private Task RunAsync(KeyRequest request, string[] path) =>
        (path.FirstOrDefault(), path.Length) switch
        {
            ("keyvaults", _) => keyVaults.RunAsync(request, path[1..]),
            ("identities", _) => RunIdentitiesAsync(request, path[1..]),
            ("clock", 1) => RunClockAsync(request),
            ("faults", 1) => RunFaultsAsync(request),
            ("limits", 1) => RunLimitsAsync(request),
            ("propagation", 1) when request.Method == "PUT" => SetPropagationAsync(request),
            ("tokens", 1) when request.Method == "POST" => MakeTokenAsync(request),
            ("audit", 1) when request.Method == "GET" => Answers.OkAsync(
                request.Context,
                audit.Newest,
                AuditJson.Default.IReadOnlyListAuditEvent
            ),
            _ => NotFoundAsync(request),
        };

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

    private async Task RunLimitsAsync(KeyRequest request)
    {
        if (request.Method == "PUT")
        {
            var wanted = await request.ReadAsync(ManagementJson.Default.LimitSettings);
            if (!wanted.IsValid)
                throw new VaultException(
                    ErrorCodes.InvalidRequest,
                    "Limits have a scale above 0 up to 1000 and windows of 0.1 to 3600 seconds."
                );
            limits.Settings = wanted;
        }
        await Answers.OkAsync(request.Context, limits.Settings, ManagementJson.Default.LimitSettings);
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

    public static Task NotFoundAsync(KeyRequest request) =>
        Answers.ErrorAsync(request.Context, 404, "NotFound", "There is no such management route, or nothing of that name.");
}
