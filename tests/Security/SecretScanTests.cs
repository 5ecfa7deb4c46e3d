using System.Runtime.Versioning;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Telemetry;

namespace RecoveryVault.Tests.Security;

/// <summary>The whole life of two items, and not one byte of any key in what was stored, logged or said.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecretScanTests
{
    [Fact]
    public async Task WholeLife_StoredLoggedMeasuredTracedAndSaid_HoldsNoKeyInAnyForm()
    {
        using var metrics = new CapturedMetrics();
        using var traces = new CapturedTraces();
        await using var stage = await SecretScanStage.StartAsync();
        var (own, customer) = (await stage.CreateVaultAsync("platform"), await stage.CreateVaultAsync("customer"));
        await stage.AssignKeyAsync(customer);
        Dictionary<string, IProtectedItemGrain> items = new()
        {
            ["a"] = await stage.ProtectAsync(own, "a"),
            ["b"] = await stage.ProtectAsync(customer, "b"),
        };
        await LiveAsync(items.Values, stage);
        var secrets = new Dictionary<string, SecretForms>(await stage.OpenSecretsAsync(customer, "b"));
        var rotated = await stage.NewKeyVersionAsync();
        Assert.True((await VaultClient.SyncAsync(customer)).Done);
        await LiveAsync(items.Values, stage);
        foreach (var (vault, item) in new[] { (own, "a"), (customer, "b") })
        foreach (var (name, secret) in await stage.OpenSecretsAsync(vault, item))
            secrets[name] = secret;
        Assert.Equal(6, secrets.Count);
        foreach (var (item, grain) in items)
            secrets[$"{item}: session token"] = await OpenSessionAsync(grain);
        var keys = await stage.ReadKeysAsync();
        Assert.Equal(3, keys.Count);

        var said = await FailAsync(stage, rotated, items);

        Assert.True(stage.StoreFiles.Count() > 20 && stage.Logs.Count > 100 && said.Count == 4);
        metrics.Observe();
        (string, byte[])[] told = [("log", Text(stage.Logs.Text)), ("metrics", Text(metrics.Text)), ("traces", Text(traces.Activities))];
        RequireAbsent(secrets.Concat(keys), [.. stage.StoreFiles, .. told, .. said.Select(s => ("error", Text(s)))]);
        RequireHarmless(metrics);
        RequireAbsent(secrets, stage.KeyFiles);
        // The scan sees what is there: these keys do lie in the keys directory.
        Assert.All(keys.Values, key => Assert.Contains(stage.KeyFiles, file => key.FindIn(file.Content).Any()));
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("hex")]
    [InlineData("HEX")]
    [InlineData("dashed")]
    [InlineData("numbers")]
    [InlineData("spaced numbers")]
    [InlineData("base64 + 0")]
    [InlineData("base64 + 1")]
    [InlineData("base64 + 2")]
    public void Scan_SecretInAnyForm_IsFound(string form)
    {
        byte[] secret = [.. Enumerable.Range(0, 32).Select(i => (byte)(200 - (i * 5)))];
        var before = form[^1] - '0';
        byte[] planted = form switch
        {
            "raw" => [1, .. secret, 2],
            "hex" => Text("x" + Convert.ToHexStringLower(secret)),
            "HEX" => Text(Convert.ToHexString(secret) + "x"),
            "dashed" => Text(BitConverter.ToString(secret)),
            "numbers" => Text($"[{string.Join(',', secret)}]"),
            "spaced numbers" => Text($"[{string.Join(", ", secret)}]"),
            _ => Text(Convert.ToBase64String([.. Enumerable.Repeat((byte)7, before), .. secret, 9, 9, 9, 9])),
        };
        Assert.Contains(form, new SecretForms(secret).FindIn(planted));
        planted[planted.Length / 2] ^= 1;
        Assert.DoesNotContain(form, new SecretForms(secret).FindIn(planted));
    }

    /// <summary>Every attribute is documented, and its value one of few.</summary>
    private static void RequireHarmless(CapturedMetrics metrics)
    {
        Assert.Equal([], AlwaysHeard.Except(metrics.Heard));
        Assert.Equal([], metrics.OurTags.Where(t => !KnownAttributes.Allow(t.Name, t.Tag, t.Value)));
        Assert.False(KnownAttributes.Allow("rvault.jobs.ended", "rvault.job.operation", "to-anna.txt"));
        Assert.False(KnownAttributes.Allow("rvault.keyvault.calls", "server.address", "https://kv1.vault.localhost/keys/kek"));
        Assert.False(KnownAttributes.Allow("rvault.backup.new", "item", "a"));
    }

    private static readonly string[] AlwaysHeard =
    [
        "rvault.jobs.ended",
        "rvault.job.duration",
        "rvault.backup.stored",
        "rvault.seal.duration",
        "rvault.open.io",
        "rvault.sessions.open",
        "rvault.store.operation.duration",
        "rvault.store.io",
        "rvault.rotation.items",
        "rvault.keyvault.call.duration",
        "rvault.dek_cache.misses",
    ];

    private static async Task LiveAsync(IEnumerable<IProtectedItemGrain> items, SecretScanStage stage)
    {
        foreach (var item in items)
        {
            await stage.BackUpAsync(item);
            await stage.RestoreAsync(item);
            await stage.Client.VerifyAsync(item, new() { ReadData = true });
        }
    }

    private static async Task<SecretForms> OpenSessionAsync(IProtectedItemGrain item)
    {
        var ticket = await item.BeginRestoreAsync(new BeginRestore(Guid.NewGuid(), null, RestorePurpose.Browse));
        await item.EndRestoreAsync(new EndRestore(ticket.Session.SessionId, JobStatus.Completed, [], new Dictionary<string, string>()));
        return new SecretForms(ticket.Session.Token.AsSpan());
    }

    /// <summary>What is said of a disabled key, of damaged data and of a damaged ring.</summary>
    private static async Task<List<string>> FailAsync(SecretScanStage stage, KeyId key, Dictionary<string, IProtectedItemGrain> items)
    {
        List<string> said = [];
        await stage.EnableAsync(key, false);
        said.Add(await SaidAsync(ErrorCodes.UserErrorCMKKeyDisabled, () => stage.BackUpAsync(items["b"])));
        said.Add(await SaidAsync(ErrorCodes.UserErrorCMKKeyDisabled, () => stage.RestoreAsync(items["b"])));
        await stage.EnableAsync(key, true);
        await stage.DamageAsync("packs/");
        await stage.DamageAsync("rings/");
        foreach (var item in items.Values)
            said.Add((await Record.ExceptionAsync(() => stage.RestoreAsync(item)))?.ToString() ?? "");
        Assert.Contains(said, s => s.Contains(nameof(VaultException), StringComparison.Ordinal));
        return said;
    }

    private static async Task<string> SaidAsync(string code, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<VaultException>(call);
        Assert.Equal(code, refused.Code);
        return $"{refused} {refused.Recommendation}";
    }

    private static void RequireAbsent(
        IEnumerable<KeyValuePair<string, SecretForms>> secrets,
        IEnumerable<(string Name, byte[] Content)> places
    )
    {
        var found =
            from place in places
            from secret in secrets
            from form in secret.Value.FindIn(place.Content)
            select $"{place.Name} holds the {secret.Key} ({form})";
        Assert.Equal([], found);
    }

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
