using System.Text.Json.Nodes;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Who may do what: access policies, roles, the firewall, and when a change arrives.</summary>
public sealed class PermissionTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private static readonly (string Permission, string Method, string Path, string? Body)[] Calls =
    [
        ("get", "GET", "keys/k", null),
        ("get", "GET", "deletedkeys/gone", null),
        ("list", "GET", "keys", null),
        ("list", "GET", "keys/k/versions", null),
        ("list", "GET", "deletedkeys", null),
        ("create", "POST", "keys/new/create", """{"kty":"EC"}"""),
        ("import", "PUT", "keys/new", """{"key":{"kty":"RSA","n":"AQAB"}}"""),
        ("update", "PATCH", "keys/k", """{"tags":{}}"""),
        ("wrapKey", "POST", "keys/k/wrapkey", """{"alg":"RSA-OAEP-256","value":"AAAA"}"""),
        ("unwrapKey", "POST", "keys/k/unwrapkey", """{"alg":"RSA-OAEP-256","value":"AAAA"}"""),
        ("encrypt", "POST", "keys/k/encrypt", """{"alg":"RSA-OAEP-256","value":"AAAA"}"""),
        ("decrypt", "POST", "keys/k/decrypt", """{"alg":"RSA-OAEP-256","value":"AAAA"}"""),
        ("sign", "POST", "keys/k/sign", """{"alg":"RS256","value":"AAAA"}"""),
        ("verify", "POST", "keys/k/verify", """{"alg":"RS256","digest":"AAAA","value":"AAAA"}"""),
        ("rotate", "POST", "keys/k/rotate", null),
        ("getrotationpolicy", "GET", "keys/k/rotationpolicy", null),
        ("setrotationpolicy", "PUT", "keys/k/rotationpolicy", "{}"),
        ("backup", "POST", "keys/k/backup", null),
        ("restore", "POST", "keys/restore", """{"value":"AAAA"}"""),
        ("delete", "DELETE", "keys/none", null),
        ("recover", "POST", "deletedkeys/gone/recover", null),
        ("purge", "DELETE", "deletedkeys/none", null),
    ];

    [Fact]
    public async Task EveryRoute_NeedsItsPermission_AndNoOther()
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("k");
        var principal = Guid.NewGuid().ToString();
        foreach (var (permission, method, path, body) in Calls)
        {
            await vault.AllowAsync(principal, [.. Calls.Select(c => c.Permission).Distinct().Where(p => p != permission)]);
            var refused = await vault.SendAsync(method, path, body, principal);
            Assert.Equal((path, "403 ForbiddenByPolicy"), (path, refused.Outcome));
            Assert.Contains(
                $"does not have keys {permission} permission on key vault '{vault.Name};location=westeurope'",
                refused.Message,
                StringComparison.Ordinal
            );

            await vault.AllowAsync(principal, permission);
            Assert.NotEqual((path, 403), (path, (await vault.SendAsync(method, path, body, principal)).Status));
        }
    }

    [Fact]
    public async Task Rbac_WithoutRole_IsRefusedWithItsOwnBody()
    {
        var vault = await stage.CreateAsync(new { location = "westeurope", enableRbacAuthorization = true });
        var principal = Guid.NewGuid().ToString();

        var refused = await vault.SendAsync("POST", "keys/k/wrapkey", new { alg = "RSA-OAEP-256", value = "AAAA" }, principal);

        Assert.Equal("403 ForbiddenByRbac", refused.Outcome);
        Assert.Contains("Action: 'Microsoft.KeyVault/vaults/keys/wrap/action'\r\n", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"oid={principal}", refused.Message, StringComparison.Ordinal);
        await stage.ManageAsync(
            HttpMethod.Put,
            $"keyvaults/{vault.Name}/roles/{principal}?role=Key%20Vault%20Crypto%20Service%20Encryption%20User"
        );
        Assert.Equal(
            "404 KeyNotFound",
            (await vault.SendAsync("POST", "keys/k/wrapkey", new { alg = "RSA-OAEP-256", value = "AAAA" }, principal)).Outcome
        );
        Assert.Equal("403 ForbiddenByRbac", (await vault.SendAsync("POST", "keys/k/create", new { kty = "RSA" }, principal)).Outcome);
    }

    [Fact]
    public async Task Firewall_LetsTrustedServicesIn_AndNoUserAssignedIdentity()
    {
        var vault = await stage.CreateAsync(new { location = "westeurope", defaultAction = "Deny" });
        var identity = await stage.ManageAsync(HttpMethod.Put, $"identities/{stage.NewName("id")}");
        var userAssigned = (string?)identity?["principalId"] ?? "";
        var systemAssigned = Guid.NewGuid().ToString();
        await vault.AllowAsync(userAssigned, "list");
        await vault.AllowAsync(systemAssigned, "list");

        Assert.Equal("403 ForbiddenByFirewall", (await vault.SendAsync("GET", "keys", null, userAssigned)).Outcome);
        Assert.Equal("200", (await vault.SendAsync("GET", "keys", null, systemAssigned)).Outcome);
    }

    [Fact]
    public async Task Change_UnderPropagationDelay_ArrivesWhenItsTimeComes()
    {
        using var scoped = new ClockScope(stage);
        var vault = await stage.CreateAsync();
        var principal = Guid.NewGuid().ToString();
        await vault.AllowAsync(principal, "list");
        await stage.ManageAsync(HttpMethod.Put, "propagation", new { seconds = 300 });
        try
        {
            await vault.AllowAsync(principal, "get");
            Assert.Equal("200", (await vault.SendAsync("GET", "keys", null, principal)).Outcome);
            await scoped.AdvanceAsync(TimeSpan.FromSeconds(301));
            Assert.Equal("403 ForbiddenByPolicy", (await vault.SendAsync("GET", "keys", null, principal)).Outcome);
        }
        finally
        {
            await stage.ManageAsync(HttpMethod.Put, "propagation", new { seconds = 0 });
        }
    }

    [Fact]
    public async Task Role_UnderPropagationDelay_ArrivesAndGoesWhenItsTimeComes()
    {
        const string Role = "role=Key%20Vault%20Crypto%20Officer";
        using var scoped = new ClockScope(stage);
        var vault = await stage.CreateAsync(new { location = "westeurope", enableRbacAuthorization = true });
        var path = $"keyvaults/{vault.Name}/roles/{vault.Owner}?{Role}";
        await stage.ManageAsync(HttpMethod.Put, "propagation", new { seconds = 600 });
        try
        {
            await stage.ManageAsync(HttpMethod.Put, path);
            Assert.Equal("403 ForbiddenByRbac", (await vault.SendAsync("GET", "keys")).Outcome);
            await scoped.AdvanceAsync(TimeSpan.FromSeconds(601));
            Assert.Equal("200", (await vault.SendAsync("GET", "keys")).Outcome);
            await stage.ManageAsync(HttpMethod.Delete, path);
            Assert.Equal("200", (await vault.SendAsync("GET", "keys")).Outcome);
            await scoped.AdvanceAsync(TimeSpan.FromSeconds(601));
            Assert.Equal("403 ForbiddenByRbac", (await vault.SendAsync("GET", "keys")).Outcome);
        }
        finally
        {
            await stage.ManageAsync(HttpMethod.Put, "propagation", new { seconds = 0 });
        }
    }

    [Fact]
    public async Task AuditLog_NamesWhoDidWhat_AndHoldsNoValue()
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("kek");
        const string Canary = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnk";
        var wrapped = (await vault.OperateAsync("kek", "wrapkey", Canary)).Value;
        Assert.Equal(Canary, (await vault.OperateAsync("kek", "unwrapkey", wrapped)).Value);
        await vault.SendAsync("GET", "keys/none", null, "stranger");

        var events = (await stage.ManageAsync(HttpMethod.Get, "audit"))!.AsArray().Where(e => Ours(e, vault)).ToList();

        Assert.Equal(["KeyCreate", "KeyWrap", "KeyUnwrap", "KeyGet"], events.Select(e => (string?)e!["operationName"]));
        Assert.Equal(["Success", "Success", "Success", "Failure"], events.Select(e => (string?)e!["resultType"]));
        Assert.Equal("stranger", (string?)events[^1]!["identity"]!["claim"]!["oid"]);
        Assert.Matches("/keys/kek/[0-9a-f]{32}$", (string?)events[1]!["properties"]!["id"]);
        Assert.Equal(403, (int?)events[^1]!["properties"]!["httpStatusCode"]);
        foreach (var file in Directory.EnumerateFiles(stage.DataPath))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(open);
            var text = await reader.ReadToEndAsync();
            Assert.DoesNotContain(Canary, text, StringComparison.Ordinal);
            Assert.DoesNotContain(wrapped, text, StringComparison.Ordinal);
        }
    }

    private static bool Ours(JsonNode? audited, ServedKeyVault vault) =>
        ((string?)audited?["resourceId"])?.EndsWith($"/vaults/{vault.Name}", StringComparison.Ordinal) == true;
}
