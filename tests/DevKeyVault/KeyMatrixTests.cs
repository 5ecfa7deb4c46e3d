namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>
/// What of a key's state does not hinder whom: managing a key works in every state but deleted, and each operation asks for its own name
/// in key_ops. Using keys by their state: <see cref="KeyStateTests"/>.
/// </summary>
public sealed class KeyMatrixTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private const string NotFound = "404 KeyNotFound";
    private const string InTheWay = "409 ObjectIsDeletedButRecoverable";

    /// <summary>Each with what it is answered while the key is there, while it is deleted, and when there never was one.</summary>
    private static readonly (string Method, string Path, object? Body, string Active, string Deleted, string Missing)[] Calls =
    [
        ("GET", "keys/k", null, "200", NotFound, NotFound),
        ("GET", "keys/k/versions", null, "200", NotFound, NotFound),
        ("PATCH", "keys/k", new { tags = new { a = "b" } }, "200", NotFound, NotFound),
        ("GET", "keys/k/rotationpolicy", null, "200", NotFound, NotFound),
        ("PUT", "keys/k/rotationpolicy", new { attributes = new { expiryTime = "P90D" } }, "200", NotFound, NotFound),
        ("POST", "keys/k/backup", null, "200", NotFound, NotFound),
        ("POST", "keys/k/rotate", null, "200", NotFound, NotFound),
        ("GET", "deletedkeys/k", null, NotFound, "200", NotFound),
        ("POST", "keys/k/create", new { kty = "RSA" }, "200", InTheWay, "200"),
        ("DELETE", "keys/k", null, "200", NotFound, "200"),
        ("DELETE", "keys/k", null, NotFound, NotFound, NotFound),
        ("POST", "deletedkeys/k/recover", null, "200", "200", "200"),
        ("POST", "deletedkeys/k/recover", null, NotFound, NotFound, NotFound),
        ("DELETE", "deletedkeys/k", null, NotFound, NotFound, NotFound),
    ];

    [Theory]
    [InlineData("usable")]
    [InlineData("disabled")]
    [InlineData("expired")]
    [InlineData("future")]
    [InlineData("deleted")]
    [InlineData("missing")]
    public async Task Management_OfAKey_MindsOnlyWhetherItIsDeleted(string state)
    {
        var vault = await stage.CreateAsync();
        if (state != "missing")
            await vault.CreateKeyAsync("k", AttributesOf(state));
        if (state == "deleted")
            await vault.SendAsync("DELETE", "keys/k");

        foreach (var (method, path, body, active, deleted, missing) in Calls)
        {
            var wanted =
                state == "missing" ? missing
                : state == "deleted" ? deleted
                : active;
            Assert.Equal($"{method} {path}: {wanted}", $"{method} {path}: {(await vault.SendAsync(method, path, body)).Outcome}");
        }
    }

    [Fact]
    public async Task Restore_OverADeletedKey_IsInTheWay_AndAfterThePurgeItIsBack()
    {
        var vault = await stage.CreateAsync();
        var kid = await vault.CreateKeyAsync("k");
        var backup = (await vault.SendAsync("POST", "keys/k/backup")).Value;
        await vault.SendAsync("DELETE", "keys/k");

        Assert.Equal(InTheWay, (await vault.SendAsync("POST", "keys/restore", new { value = backup })).Outcome);
        await vault.SendAsync("DELETE", "deletedkeys/k");
        Assert.Equal(kid, (await vault.SendAsync("POST", "keys/restore", new { value = backup })).Kid);
    }

    [Theory]
    [InlineData("wrapkey", "wrapKey")]
    [InlineData("unwrapkey", "unwrapKey")]
    [InlineData("encrypt", "encrypt")]
    [InlineData("decrypt", "decrypt")]
    [InlineData("sign", "sign")]
    [InlineData("verify", "verify")]
    public async Task Operation_MissingInKeyOps_IsForbidden_AndNoOtherIs(string route, string name)
    {
        string[] all = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];
        var vault = await stage.CreateAsync();
        await vault.SendAsync("POST", "keys/k/create", new { kty = "RSA", key_ops = all.Where(o => o != name) });

        foreach (var operation in all.Select(o => o.ToLowerInvariant()))
        {
            var answer = await vault.OperateAsync("k", operation);
            Assert.Equal((operation, operation == route), (operation, answer.InnerCode == "KeyOperationForbidden"));
            if (operation == route)
                Assert.Equal($"Operation {name} is not permitted on this key.", answer.Message);
        }
    }

    [Fact]
    public async Task Rotation_OfADisabledKey_GivesAUsableVersion_AndTheOldOneStaysDisabled()
    {
        var vault = await stage.CreateAsync();
        var old = (await vault.CreateKeyAsync("k", new { enabled = false })).Split('/')[^1];

        await vault.SendAsync("POST", "keys/k/rotate");

        Assert.Equal("200", (await vault.OperateAsync("k", "wrapkey")).Outcome);
        Assert.Equal("403 KeyDisabled", (await vault.OperateAsync($"k/{old}", "wrapkey")).Outcome);
    }

    private static object AttributesOf(string state)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return state switch
        {
            "disabled" => new { enabled = false },
            "expired" => new { exp = now - 60 },
            "future" => new { nbf = now + 3600 },
            _ => new { enabled = true },
        };
    }
}
