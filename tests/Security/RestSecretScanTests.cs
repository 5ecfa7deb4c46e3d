using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Security;

/// <summary>
/// Backup, rotation, restore and every kind of refusal over TLS with Azure's credential classes: no token, secret or key is written down
/// anywhere outside of the key vault. Then canaries are planted, one in each place, and every one is found.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class RestSecretScanTests
{
    [Fact]
    public async Task WholeLife_OverRest_LeavesNoSecretAnywhere_AndAPlantedOneIsFound()
    {
        await using var stage = await RestSecretStage.StartAsync();
        var item = await stage.ProtectAsync("a");
        await stage.BackUpAsync(item);
        var secrets = await stage.ReadSecretsAsync("a");
        await stage.KeyVault.SendAsync("POST", "keys/kek/rotate");
        Assert.True((await VaultClient.SyncAsync(stage.Vault)).Done);
        await stage.BackUpAsync(item);
        await stage.RestoreAsync(item);
        var said = await FailAsync(stage, item);
        foreach (var (name, secret) in await stage.ReadSecretsAsync("a"))
            secrets[name] = secret;

        Assert.True(stage.Logs.Count > 100 && said.Count == 5);
        Assert.Contains("Azure-Core", stage.Traces.Events, StringComparison.Ordinal);
        Assert.Contains("unwrapkey", stage.Traces.Activities, StringComparison.Ordinal);
        foreach (var kind in (string[])["data key 1", "item id key", "client secret", "bearer token 0", "private key", "management token"])
            Assert.Contains(secrets.Keys, name => name.Contains(kind, StringComparison.Ordinal));
        Assert.Equal([], Find(secrets, await stage.ReadPlacesAsync(said)));

        await PlantAsync(stage, said);
        var found = Find(secrets, await stage.ReadPlacesAsync(said)).ToList();
        foreach (var place in (string[])["log", "activities", "errors", "audit log", "blob"])
            Assert.Contains(found, f => f.StartsWith($"{place}:", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Find(Dictionary<string, SecretForms> secrets, List<(string Place, byte[] Content)> places) =>
        from place in places
        from secret in secrets
        from form in secret.Value.FindIn(place.Content)
        select $"{place.Place}: {secret.Key} ({form})";

    /// <summary>What is said of a disabled key, a withdrawn permission, throttling, an outage and a refused token.</summary>
    private static async Task<List<string>> FailAsync(RestSecretStage stage, IProtectedItemGrain item)
    {
        List<string> said = [];
        var latest = (await stage.KeyVault.SendAsync("GET", "keys/kek")).Kid;
        var path = $"keys/kek/{KeyId.Parse(latest).Version}";
        await stage.KeyVault.SendAsync("PATCH", path, new { attributes = new { enabled = false } });
        said.Add(await SaidAsync(ErrorCodes.UserErrorCMKKeyDisabled, () => stage.BackUpAsync(item)));
        await stage.KeyVault.SendAsync("PATCH", path, new { attributes = new { enabled = true } });
        foreach (var kind in (string[])["Throttle", "ServerError", "Drop", "ExpiredToken"])
        {
            await stage.FaultAsync(
                new
                {
                    kind,
                    count = 0,
                    operationName = "KeyWrap",
                }
            );
            said.Add(await SaidAsync(ErrorCodes.KeyVaultUnreachable, () => stage.BackUpAsync(item)));
        }
        await stage.FaultAsync();
        return said;
    }

    private static async Task<string> SaidAsync(string code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<VaultException>(call);
        Assert.Equal(code, refused.Code);
        return $"{refused} {refused.Recommendation} {refused.InnerException}";
    }

    [LoggerMessage(1, LogLevel.Trace, "Authorization: {Header}")]
    private static partial void LogHeader(ILogger logger, string header);

    /// <summary>One canary in each place, in another form each, as carelessness would write it.</summary>
    private static async Task PlantAsync(RestSecretStage stage, List<string> said)
    {
        var canary = stage.Canary;
        var header = Convert.ToHexString(canary);
        LogHeader(stage.Logger, header);
        using (var source = new ActivitySource("careless"))
        using (var activity = source.StartActivity("call"))
            activity?.SetTag("http.request.header.authorization", Base64Url.EncodeToString(canary));
        said.Add(new InvalidOperationException(Convert.ToBase64String(canary)).ToString());
        await stage.KeyVault.SendAsync("GET", $"keys/{Convert.ToHexStringLower(canary)}");
        await stage.StoreAsync("careless", canary);
    }
}
