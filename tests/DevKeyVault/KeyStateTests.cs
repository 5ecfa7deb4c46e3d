namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>The state matrix over the wire: what each state of a key permits, and what its refusals say.</summary>
public sealed class KeyStateTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private static readonly string[] Operations = ["wrapkey", "unwrapkey", "encrypt", "decrypt", "sign", "verify"];

    private static readonly string[] WrapOnly = ["wrapKey"];

    // Where a key is let through, the made-up ciphertext of unwrap and decrypt is refused as such.
    private const string Usable = "200, 400 BadParameter, 200, 400 BadParameter, 200, 200";

    [Theory]
    [InlineData("usable", "200", Usable)]
    [InlineData("disabled", "200", "403 KeyDisabled, 403 KeyDisabled, 403 KeyDisabled, 403 KeyDisabled, 403 KeyDisabled, 403 KeyDisabled")]
    [InlineData("expired", "200", "403 KeyExpired, 400 BadParameter, 403 KeyExpired, 400 BadParameter, 403 KeyExpired, 200")]
    [InlineData("future", "200", "403 KeyNotYetValid, 400 BadParameter, 403 KeyNotYetValid, 400 BadParameter, 403 KeyNotYetValid, 200")]
    [InlineData(
        "deleted",
        "404 KeyNotFound",
        "404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound"
    )]
    [InlineData(
        "missing",
        "404 KeyNotFound",
        "404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound, 404 KeyNotFound"
    )]
    public async Task State_Permits_WhatTheServicePermits(string state, string get, string operations)
    {
        var vault = await stage.CreateAsync();
        if (state != "missing")
            await vault.CreateKeyAsync("k", AttributesOf(state));
        if (state == "deleted")
            Assert.Equal("200", (await vault.SendAsync("DELETE", "keys/k")).Outcome);

        Assert.Equal(get, (await vault.SendAsync("GET", "keys/k/")).Outcome);
        List<string> outcomes = [];
        foreach (var operation in Operations)
        {
            var value = operation is "unwrapkey" or "decrypt" ? new string('A', 342) : null;
            outcomes.Add((await vault.OperateAsync("k", operation, value)).Outcome);
        }
        Assert.Equal(operations, string.Join(", ", outcomes));
    }

    [Fact]
    public async Task Operation_NotOfTheKey_IsForbidden()
    {
        var vault = await stage.CreateAsync();
        await vault.SendAsync("POST", "keys/k/create", new { kty = "RSA", key_ops = WrapOnly });

        var answer = await vault.OperateAsync("k", "unwrapkey");

        Assert.Equal("403 KeyOperationForbidden", answer.Outcome);
        Assert.Equal("Operation unwrapKey is not permitted on this key.", answer.Message);
        Assert.Equal("200", (await vault.OperateAsync("k", "wrapkey")).Outcome);
    }

    [Theory]
    [InlineData("A256KW")]
    [InlineData("RSA-OAEP-512")]
    [InlineData("rsa-oaep-256")]
    public async Task Algorithm_Unknown_Is400(string algorithm)
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("k");

        Assert.Equal("400 BadParameter", (await vault.OperateAsync("k", "wrapkey", algorithm: algorithm)).Outcome);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"alg":"RSA-OAEP-256"}""")]
    [InlineData("""{"value":"AAAA"}""")]
    [InlineData("""{"alg":"RSA-OAEP-256","value":""}""")]
    [InlineData("""{"alg":"RSA-OAEP-256","value":"A+/="}""")]
    [InlineData("""{"alg":"RSA-OAEP-256","value":7}""")]
    public async Task Body_Malformed_Is400(string body)
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("k");

        foreach (var operation in (string[])["wrapkey", "unwrapkey"])
            Assert.Equal("400 BadParameter", (await vault.SendAsync("POST", $"keys/k/{operation}", body)).Outcome);
    }

    [Fact]
    public async Task Body_TooLarge_Is413()
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("k");

        var answer = await vault.OperateAsync("k", "wrapkey", new string('A', 200_000));

        Assert.Equal(413, answer.Status);
    }

    [Theory]
    [InlineData("GET", "keys/a_b")]
    [InlineData("POST", "keys/a.b/create")]
    [InlineData("POST", "keys/k/a.b/wrapkey")]
    public async Task Name_OutsideTheGrammar_Is400(string method, string path)
    {
        var vault = await stage.CreateAsync();
        object? body =
            method == "GET" ? null
            : path.EndsWith("wrapkey", StringComparison.Ordinal) ? new { alg = "RSA-OAEP-256", value = "AAAA" }
            : new { kty = "RSA" };

        Assert.Equal("400 BadParameter", (await vault.SendAsync(method, path, body)).Outcome);
    }

    [Fact]
    public async Task Unwrap_OfAnotherKeysWrap_IsOneAnswerForEverythingWrong()
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("a");
        await vault.CreateKeyAsync("b");
        var wrapped = (await vault.OperateAsync("a", "wrapkey")).Value;

        HashSet<string> messages = [];
        foreach (var value in (string[])[wrapped, new string('A', 342), "AAAA", wrapped[..340]])
        {
            var answer = await vault.OperateAsync("b", "unwrapkey", value);
            Assert.Equal("400 BadParameter", answer.Outcome);
            messages.Add(answer.Message);
        }
        Assert.Single(messages);
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
