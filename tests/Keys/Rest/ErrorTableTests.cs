using RecoveryVault.Errors;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Keys.Rest;

/// <summary>
/// Every row of the service's error table, with the body it is documented or recorded with, as the answer to every operation: what it
/// means for us, and the code a job fails with. A denial is believed at once and asked for once; nothing else is one.
/// </summary>
public sealed class ErrorTableTests
{
    private const string Claims = "appid=00000000-1111-2222-3333-444444444444;oid=55555555;iss=https://sts.windows.net/t/";

    private const string Rbac =
        "Caller is not authorized to perform action on resource.\\r\\nIf role assignments, deny assignments or role definitions were changed "
        + $"recently, please observe propagation time.\\r\\nCaller: name=a;{Claims}\\r\\n"
        + "Action: 'Microsoft.KeyVault/vaults/keys/unwrap/action'\\r\\n"
        + "Resource: '/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/kv1/keys/kek'\\r\\n"
        + "Assignment: (not found)\\r\\nDenyAssignmentId: null\\r\\nDecisionReason: null \\r\\nVault: kv1;location=westeurope\\r\\n";

    private const string Policy =
        $"The user, group or application '{Claims}' does not have keys get permission on key vault 'kv1;location=westeurope'. For help "
        + "resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287";

    private const string NotFound =
        "A key with (name/id) kek was not found in this key vault. If you recently deleted this key you may be able to recover it using the "
        + "correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182";

    private const string Recoverable =
        "Key kek is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be "
        + "recovered or purged.";

    private const string Throttled =
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";

    private const string Issuer = "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/a/, found https://sts.windows.net/b/.";

    private const string NoPermission = ErrorCodes.UserErrorCMKMissingMangedIdentityPermissionOnKeyVault;
    private const string AuthFailure = ErrorCodes.UserErrorCMKKeyVaultAuthFailure;
    private const string Outage = ErrorCodes.KeyVaultUnreachable;

    public static TheoryData<int, string, string?, string, KeyVaultVerdict, string> Rows =>
        new()
        {
            { 401, "Unauthorized", null, "AKV10000: Request is missing a Bearer or PoP token.", KeyVaultVerdict.Unreachable, Outage },
            { 401, "Unauthorized", null, Issuer, KeyVaultVerdict.Unreachable, Outage },
            {
                401,
                "Unauthorized",
                null,
                "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com/.",
                KeyVaultVerdict.Unreachable,
                Outage
            },
            { 403, "Forbidden", "ForbiddenByRbac", Rbac, KeyVaultVerdict.Denied, NoPermission },
            { 403, "Forbidden", "AccessDenied", Policy, KeyVaultVerdict.Denied, NoPermission },
            { 403, "Forbidden", "ForbiddenByPolicy", Policy, KeyVaultVerdict.Denied, NoPermission },
            {
                403,
                "Forbidden",
                "KeyDisabled",
                "Operation unwrapKey is not allowed on a disabled key.",
                KeyVaultVerdict.Denied,
                ErrorCodes.UserErrorCMKKeyDisabled
            },
            {
                403,
                "Forbidden",
                "KeyOperationForbidden",
                "Operation decrypt is not permitted on this key.",
                KeyVaultVerdict.Denied,
                ErrorCodes.UserErrorCMKKeyOperationNotPermitted
            },
            { 403, "Forbidden", "KeyNotYetValid", "Not yet.", KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyNotYetValid },
            { 403, "Forbidden", "KeyExpired", "No more.", KeyVaultVerdict.Denied, ErrorCodes.UserErrorCMKKeyExpired },
            {
                403,
                "Forbidden",
                "ForbiddenByFirewall",
                "Client address (192.0.2.1) is not authorized and caller is not a trusted service",
                KeyVaultVerdict.Denied,
                AuthFailure
            },
            { 404, "KeyNotFound", null, NotFound, KeyVaultVerdict.Denied, AuthFailure },
            { 404, "KeyNotFound", null, "Deleted Key not found: kek", KeyVaultVerdict.Denied, AuthFailure },
            { 409, "Conflict", "ObjectIsDeletedButRecoverable", Recoverable, KeyVaultVerdict.BadRequest, ErrorCodes.WrongKey },
            { 409, "Conflict", "ObjectIsBeingDeleted", "Key kek is being deleted.", KeyVaultVerdict.Unreachable, Outage },
            { 409, "Conflict", "ObjectIsBeingRecovered", "Key kek is being recovered.", KeyVaultVerdict.Unreachable, Outage },
            { 429, "Throttled", null, Throttled, KeyVaultVerdict.Unreachable, Outage },
            { 400, "BadParameter", null, "The parameter is incorrect.", KeyVaultVerdict.BadRequest, ErrorCodes.WrongKey },
        };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Row_AsTheAnswerToAnyOperation_IsTheRightVerdict(
        int status,
        string code,
        string? inner,
        string message,
        KeyVaultVerdict verdict,
        string ours
    )
    {
        foreach (var operation in Operations)
        {
            using var stage = new RestStage().AfterChallenge();
            for (var attempt = 0; attempt < 3; attempt++)
                stage.Service.Answer(status, RestBodies.Error(code, inner, message), ("WWW-Authenticate", StubKeyVault.Challenge));

            var refusal = await Assert.ThrowsAsync<KeyVaultException>(() => operation(stage.Vault));

            Assert.Equal((verdict, ours), (refusal.Verdict, KeyVaultRefusals.CodeOf(refusal)));
            Assert.Equal((status, code, inner), (refusal.Status, refusal.Code, refusal.InnerCode));
            Assert.Contains(message.Replace("\\r\\n", "\r\n", StringComparison.Ordinal), refusal.Message, StringComparison.Ordinal);
            if (verdict != KeyVaultVerdict.Unreachable)
                Assert.Equal(2, stage.Service.Seen.Count);
        }
    }

    private static IEnumerable<Func<IKeyVault, Task>> Operations =>
        [
            vault => vault.GetKeyAsync("kek", null),
            vault => vault.ListVersionsAsync("kek"),
            vault => vault.WrapKeyAsync(RestStage.Key, new byte[32]),
            vault => vault.UnwrapKeyAsync(RestStage.Key, new byte[256]),
        ];
}
