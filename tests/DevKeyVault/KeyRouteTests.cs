using System.Security.Cryptography;
using System.Text.Json.Nodes;
using static System.Buffers.Text.Base64Url;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Each route once, in its good case, with the shapes of the service.</summary>
public sealed class KeyRouteTests(ServerStage stage) : IClassFixture<ServerStage>
{
    private static readonly string[] UnwrapAndSign = ["unwrapKey", "sign"];

    [Fact]
    public async Task Create_AnswersWithTheBundleAndTheServicesHeaders()
    {
        var vault = await stage.CreateAsync();

        var answer = await vault.SendAsync(
            "POST",
            "keys/kek/create",
            new
            {
                kty = "RSA",
                key_size = 3072,
                tags = new { a = "b" },
            }
        );

        Assert.Matches($"^https://{vault.Host}/keys/kek/[0-9a-f]{{32}}$", answer.Kid);
        Assert.Equal(
            ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
            answer.Json!["key"]!["key_ops"]!.AsArray().Select(o => (string?)o)
        );
        Assert.Equal(384, DecodeFromChars((string?)answer.Json["key"]!["n"]).Length);
        Assert.Equal("Recoverable+Purgeable", (string?)answer.Json["attributes"]!["recoveryLevel"]);
        Assert.Equal("westeurope", answer.Headers["x-ms-keyvault-region"]);
        Assert.True(answer.Headers.ContainsKey("x-ms-request-id"));
    }

    [Fact]
    public async Task Lists_ComeInPages_ThatTheNextLinkJoins()
    {
        var vault = await stage.CreateAsync();
        foreach (var i in Enumerable.Range(0, 7))
            await vault.SendAsync("POST", $"keys/k{i}/create", new { kty = "EC" });
        foreach (var size in (int[])[1, 3, 7, 25])
        {
            List<string?> names = [];
            var pages = 0;
            for (var link = $"https://{vault.Host}/keys?{ServerStage.Query}&maxresults={size}"; link is not null; pages++)
            {
                var page = await stage.SendAsync(HttpMethod.Get, link, await stage.TokenAsync(new { objectId = vault.Owner }));
                names.AddRange(page.Json!["value"]!.AsArray().Select(item => (string?)item!["kid"]));
                link = (string?)page.Json["nextLink"];
            }
            Assert.Equal(Enumerable.Range(0, 7).Select(i => $"https://{vault.Host}/keys/k{i}"), names);
            Assert.Equal((7 + size - 1) / size, pages);
        }
        foreach (var bad in (string[])["maxresults=0", "maxresults=26", "maxresults=x", "$skiptoken=zz"])
            Assert.Equal("400 BadParameter", (await vault.SendAsync("GET", $"keys?{bad}")).Outcome);
    }

    [Fact]
    public async Task Versions_OldAndNew_KeepWorkingSideBySide()
    {
        var vault = await stage.CreateAsync();
        var first = await vault.CreateKeyAsync("kek");
        var wrapped = (await vault.OperateAsync("kek", "wrapkey")).Value;
        var second = (await vault.SendAsync("POST", "keys/kek/rotate")).Kid;

        Assert.NotEqual(first, second);
        Assert.Equal(second, (await vault.OperateAsync("kek", "wrapkey")).Kid);
        Assert.Equal(first, (await vault.OperateAsync($"kek/{first[^32..]}", "unwrapkey", wrapped)).Kid);
        Assert.Equal(400, (await vault.OperateAsync($"kek/{second[^32..]}", "unwrapkey", wrapped)).Status);
        var versions = (await vault.SendAsync("GET", "keys/kek/versions")).Json!["value"]!.AsArray().Select(v => (string?)v!["kid"]);
        Assert.Equal(new[] { first, second }.Order(), versions.Order());
    }

    [Fact]
    public async Task Update_ChangesWhatIsGiven_AndAnswersWithTheBundle()
    {
        var vault = await stage.CreateAsync();
        var kid = await vault.CreateKeyAsync("kek");

        var answer = await vault.SendAsync(
            "PATCH",
            $"keys/kek/{kid[^32..]}",
            new
            {
                attributes = new { enabled = false },
                key_ops = UnwrapAndSign,
                tags = new { x = "y" },
            }
        );

        Assert.Equal(kid, answer.Kid);
        Assert.False((bool?)answer.Json!["attributes"]!["enabled"]);
        Assert.Equal("y", (string?)answer.Json["tags"]!["x"]);
    }

    [Fact]
    public async Task Import_OfAPairMadeElsewhere_IsThatPair()
    {
        var vault = await stage.CreateAsync();
        using var rsa = RSA.Create(2048);
        var p = rsa.ExportParameters(includePrivateParameters: true);
        string Part(byte[]? bytes) => EncodeToString(bytes);
        var key = new
        {
            kty = "RSA",
            key_ops = UnwrapAndSign,
            n = Part(p.Modulus),
            e = Part(p.Exponent),
            d = Part(p.D),
            p = Part(p.P),
            q = Part(p.Q),
            dp = Part(p.DP),
            dq = Part(p.DQ),
            qi = Part(p.InverseQ),
        };

        Assert.Equal("200", (await vault.SendAsync("PUT", "keys/mine", new { key, Hsm = false })).Outcome);

        var wrapped = Part(rsa.Encrypt([1, 2, 3], RSAEncryptionPadding.OaepSHA256));
        Assert.Equal("AQID", (await vault.OperateAsync("mine", "unwrapkey", wrapped)).Value);
        Assert.Equal("400 BadParameter", (await vault.SendAsync("PUT", "keys/bad", new { key = new { kty = "RSA", n = "AQAB" } })).Outcome);
    }

    [Theory]
    [InlineData("RSA-OAEP-256", "oaep256")]
    [InlineData("RSA-OAEP", "oaep1")]
    [InlineData("RSA1_5", "pkcs1")]
    public async Task Encryption_WithEachAlgorithm_Interoperates(string algorithm, string padding)
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("kek");
        using var rsa = PublicHalf((await vault.SendAsync("GET", "keys/kek")).Json);
        var outside = rsa.Encrypt(
            [9, 8, 7],
            padding == "oaep256" ? RSAEncryptionPadding.OaepSHA256
                : padding == "oaep1" ? RSAEncryptionPadding.OaepSHA1
                : RSAEncryptionPadding.Pkcs1
        );

        Assert.Equal("CQgH", (await vault.OperateAsync("kek", "decrypt", EncodeToString(outside), algorithm)).Value);
        var inside = (await vault.OperateAsync("kek", "encrypt", "AQID", algorithm)).Value;
        Assert.Equal("AQID", (await vault.OperateAsync("kek", "unwrapkey", inside, algorithm)).Value);
    }

    [Theory]
    [InlineData("RSA", null, "RS256", 32)]
    [InlineData("RSA", null, "PS384", 48)]
    [InlineData("RSA", null, "RS512", 64)]
    [InlineData("EC", "P-256", "ES256", 32)]
    [InlineData("EC", "P-384", "ES384", 48)]
    [InlineData("EC", "P-521", "ES512", 64)]
    public async Task Signature_IsVerified_AndNoOther(string kty, string? crv, string alg, int length)
    {
        var vault = await stage.CreateAsync();
        await vault.SendAsync("POST", "keys/s/create", crv is null ? new { kty } : (object)new { kty, crv });
        var digest = EncodeToString(RandomNumberGenerator.GetBytes(length));
        var value = (await vault.SendAsync("POST", "keys/s/sign", new { alg, value = digest })).Value;

        async Task<bool?> VerifyAsync(string of) =>
            (bool?)
                (
                    await vault.SendAsync(
                        "POST",
                        "keys/s/verify",
                        new
                        {
                            alg,
                            digest = of,
                            value,
                        }
                    )
                ).Json!["value"];

        Assert.True(await VerifyAsync(digest));
        Assert.False(await VerifyAsync(EncodeToString(RandomNumberGenerator.GetBytes(length))));
        Assert.Equal(400, (await vault.SendAsync("POST", "keys/s/sign", new { alg, value = "AAAA" })).Status);
        var other = kty == "RSA" ? "ES256" : "RS256";
        Assert.Equal(400, (await vault.SendAsync("POST", "keys/s/sign", new { alg = other, value = new string('A', 43) })).Status);
    }

    [Fact]
    public async Task Deletion_Recovery_Purge_FollowTheServicesLife()
    {
        var vault = await stage.CreateAsync();
        var kid = await vault.CreateKeyAsync("kek");

        var deleted = await vault.SendAsync("DELETE", "keys/kek");
        Assert.Equal($"https://{vault.Host}/deletedkeys/kek", (string?)deleted.Json!["recoveryId"]);
        Assert.Equal(90 * 86_400L, (long?)deleted.Json["scheduledPurgeDate"] - (long?)deleted.Json["deletedDate"]);
        Assert.Equal("409 ObjectIsDeletedButRecoverable", (await vault.SendAsync("POST", "keys/kek/create", new { kty = "RSA" })).Outcome);
        Assert.Single((await vault.SendAsync("GET", "deletedkeys")).Json!["value"]!.AsArray());
        Assert.Equal(kid, (await vault.SendAsync("POST", "deletedkeys/kek/recover")).Kid);
        Assert.Equal("404 KeyNotFound", (await vault.SendAsync("GET", "deletedkeys/kek")).Outcome);

        await vault.SendAsync("DELETE", "keys/kek");
        Assert.Equal("204", (await vault.SendAsync("DELETE", "deletedkeys/kek")).Outcome);
        Assert.Equal("404 KeyNotFound", (await vault.SendAsync("DELETE", "deletedkeys/kek")).Outcome);
        Assert.Equal("200", (await vault.SendAsync("POST", "keys/kek/create", new { kty = "RSA" })).Outcome);
    }

    [Fact]
    public async Task PurgeProtection_HoldsUntilTheClockSaysOtherwise()
    {
        using var scoped = new ClockScope(stage);
        var vault = await stage.CreateAsync(
            new
            {
                location = "westeurope",
                enablePurgeProtection = true,
                retentionDays = 7,
            }
        );
        await vault.CreateKeyAsync("kek");
        await vault.SendAsync("DELETE", "keys/kek");
        Assert.Equal("403 Forbidden", (await vault.SendAsync("DELETE", "deletedkeys/kek")).Outcome);

        await scoped.AdvanceAsync(TimeSpan.FromDays(8));

        Assert.Equal("404 KeyNotFound", (await vault.SendAsync("POST", "deletedkeys/kek/recover")).Outcome);
        Assert.Equal("200", (await vault.SendAsync("POST", "keys/kek/create", new { kty = "RSA" })).Outcome);
    }

    [Fact]
    public async Task Backup_Restores_EveryVersionUnderItsId()
    {
        var (vault, other) = (await stage.CreateAsync(), await stage.CreateAsync());
        var first = await vault.CreateKeyAsync("kek");
        var wrapped = (await vault.OperateAsync("kek", "wrapkey")).Value;
        await vault.SendAsync("POST", "keys/kek/rotate");
        var value = (await vault.SendAsync("POST", "keys/kek/backup")).Value;

        Assert.Equal("409 Conflict", (await vault.SendAsync("POST", "keys/restore", new { value })).Outcome);
        Assert.Equal("200", (await other.SendAsync("POST", "keys//restore", new { value })).Outcome);

        Assert.Equal("200", (await other.OperateAsync($"kek/{first[^32..]}", "unwrapkey", wrapped)).Outcome);
        var damaged = value[..^2] + (value[^2] == 'A' ? "BB" : "AA");
        Assert.Equal("400 BadParameter", (await other.SendAsync("POST", "keys/restore", new { value = damaged })).Outcome);
    }

    [Fact]
    public async Task RotationPolicy_IsCarriedOutOnTime()
    {
        using var scoped = new ClockScope(stage);
        var vault = await stage.CreateAsync();
        var first = await vault.CreateKeyAsync("kek");
        Assert.Equal(
            "Notify",
            (string?)(await vault.SendAsync("GET", "keys/kek/rotationpolicy")).Json!["lifetimeActions"]![0]!["action"]!["type"]
        );
        object Policy(string age) =>
            new
            {
                lifetimeActions = new[] { new { trigger = new { timeAfterCreate = age }, action = new { type = "rotate" } } },
                attributes = new { expiryTime = "P90D" },
            };
        foreach (var bad in (string[])["P6D", "30", "P", "PT1H", "-P30D"])
            Assert.Equal("400 BadParameter", (await vault.SendAsync("PUT", "keys/kek/rotationpolicy", Policy(bad))).Outcome);

        var set = await vault.SendAsync("PUT", "keys/kek/rotationpolicy", Policy("P30D"));
        Assert.Equal("P30D", (string?)set.Json!["lifetimeActions"]![0]!["trigger"]!["timeAfterCreate"]);
        await scoped.AdvanceAsync(TimeSpan.FromDays(29));
        Assert.Equal(first, (await vault.SendAsync("GET", "keys/kek")).Kid);
        await scoped.AdvanceAsync(TimeSpan.FromDays(1.01));

        var rotated = await vault.SendAsync("GET", "keys/kek");
        Assert.NotEqual(first, rotated.Kid);
        var attributes = rotated.Json!["attributes"]!;
        Assert.Equal(90 * 86_400L, (long?)attributes["exp"] - (long?)attributes["created"]);
        Assert.Equal(rotated.Kid, (await vault.SendAsync("GET", "keys/kek")).Kid);
    }

    [Fact]
    public async Task Keys_AfterARestart_AreThere()
    {
        var vault = await stage.CreateAsync();
        var kid = await vault.CreateKeyAsync("kek");
        var wrapped = (await vault.OperateAsync("kek", "wrapkey", "AQID")).Value;

        await stage.RestartAsync();

        var unwrapped = await vault.OperateAsync("kek", "unwrapkey", wrapped);
        Assert.Equal((kid, "AQID"), (unwrapped.Kid, unwrapped.Value));
    }

    [Fact]
    public async Task Rotations_AtTheSameTime_EachMakeAVersion()
    {
        var vault = await stage.CreateAsync();
        await vault.CreateKeyAsync("kek");

        var kids = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => (await vault.SendAsync("POST", "keys/kek/rotate")).Kid));

        Assert.Equal(8, kids.Distinct().Count());
        Assert.Equal(9, (await vault.SendAsync("GET", "keys/kek/versions")).Json!["value"]!.AsArray().Count);
    }

    private static RSA PublicHalf(JsonNode? bundle) =>
        RSA.Create(
            new RSAParameters
            {
                Modulus = DecodeFromChars((string?)bundle!["key"]!["n"]),
                Exponent = DecodeFromChars((string?)bundle["key"]!["e"]),
            }
        );
}
