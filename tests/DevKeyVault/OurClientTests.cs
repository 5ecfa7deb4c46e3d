using System.Security.Cryptography;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Rest;

namespace RecoveryVault.Tests.DevKeyVault;

/// <summary>Our client against the server, in every state and under every injected fault: the verdict is right each time.</summary>
public sealed class OurClientTests(ServerStage stage) : IClassFixture<ServerStage>, IAsyncLifetime
{
    public Task InitializeAsync() => FaultsAsync();

    public Task DisposeAsync() => FaultsAsync();

    private async Task FaultsAsync(params object[] rules) => await stage.ManageAsync(HttpMethod.Put, "faults", rules);

    [Theory]
    [InlineData("disabled", "KeyDisabled", "KeyDisabled")]
    [InlineData("expired", "KeyExpired", "200")]
    [InlineData("future", "KeyNotYetValid", "200")]
    [InlineData("deleted", "KeyNotFound", "KeyNotFound")]
    [InlineData("denied", "NoPermission", "NoPermission")]
    [InlineData("forbidden", "OperationForbidden", "OperationForbidden")]
    public async Task State_IsTheRightVerdict(string state, string wrap, string unwrap)
    {
        var vault = await stage.CreateAsync();
        var client = vault.Client;
        var id = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        var wrapped = await client.WrapKeyAsync(id, new byte[32]);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        object? change = state switch
        {
            "disabled" => new { attributes = new { enabled = false } },
            "expired" => new { attributes = new { exp = now - 1 } },
            "future" => new { attributes = new { nbf = now + 999 } },
            "forbidden" => new { key_ops = new[] { "sign" } },
            _ => null,
        };
        if (change is not null)
            Assert.Equal(200, (await vault.SendAsync("PATCH", "keys/kek", change)).Status);
        if (state == "deleted")
            await vault.SendAsync("DELETE", "keys/kek");
        if (state == "denied")
            await vault.AllowAsync(vault.Owner, "get", "list");

        Assert.Equal(wrap, await VerdictOfAsync(() => client.WrapKeyAsync(id, new byte[32])));
        Assert.Equal(unwrap, await VerdictOfAsync(() => client.UnwrapKeyAsync(id, wrapped.EncryptedKey)));
    }

    [Fact]
    public async Task Key_IsTheSameOverTheWireAndLocally()
    {
        var vault = await stage.CreateAsync(new { location = "westeurope", enablePurgeProtection = true });
        using var scoped = new ClockScope(stage);
        var kid = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        // Versions of one second have no order over the wire.
        await scoped.AdvanceAsync(TimeSpan.FromSeconds(2));
        await vault.SendAsync("POST", "keys/kek/rotate");

        var key = await vault.Client.GetKeyAsync("kek", kid.Version);

        Assert.Equal((kid, "RSA", 2048, "westeurope"), (key.Properties.Id, key.KeyType, key.SizeBits, key.VaultLocation));
        Assert.Equal("Recoverable", key.Properties.RecoveryLevel);
        Assert.Equal(kid, (await vault.Client.ListVersionsAsync("kek"))[0].Id);
        var facts = await KeyFacts.GatherAsync(vault.Client, kid.Versionless);
        Assert.Empty(facts.Faults);
    }

    [Fact]
    public async Task Versions_OnManyPages_AreAllListed()
    {
        var vault = await stage.CreateAsync();
        await vault.SendAsync("POST", "keys/kek/create", new { kty = "EC" });
        await Task.WhenAll(Enumerable.Range(0, 59).Select(_ => vault.SendAsync("POST", "keys/kek/rotate")));

        Assert.Equal(60, (await vault.Client.ListVersionsAsync("kek")).Select(v => v.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("""{"kind":"Throttle","count":2}""", "200")]
    [InlineData("""{"kind":"Throttle","count":1,"retryAfterSeconds":0}""", "200")]
    [InlineData("""{"kind":"Throttle","count":0}""", "Throttled")]
    [InlineData("""{"kind":"Throttle","count":0,"retryAfterSeconds":900}""", "Throttled")]
    [InlineData("""{"kind":"ServerError","count":2,"status":503}""", "200")]
    [InlineData("""{"kind":"ServerError","count":0}""", "Unreachable")]
    [InlineData("""{"kind":"Drop","count":1}""", "200")]
    [InlineData("""{"kind":"Drop","count":0}""", "Unreachable")]
    [InlineData("""{"kind":"Latency","count":1,"delayMilliseconds":20}""", "200")]
    [InlineData("""{"kind":"Latency","count":0,"delayMilliseconds":60000}""", "Unreachable")]
    [InlineData("""{"kind":"ExpiredToken","count":0}""", "Unauthorized")]
    [InlineData("""{"kind":"ClaimsChallenge","count":1}""", "200")]
    [InlineData("""{"kind":"ClaimsChallenge","count":0}""", "Unauthorized")]
    public async Task Fault_IsTheRightVerdict_AndNeverARevocation(string rule, string expected)
    {
        var vault = await stage.CreateAsync();
        var id = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        var options = new RestOptions
        {
            RetryDelay = TimeSpan.FromMilliseconds(1),
            ThrottledPause = TimeSpan.FromMilliseconds(1),
            FirstOutagePause = TimeSpan.FromTicks(1),
            LongestOutagePause = TimeSpan.FromTicks(1),
            AttemptTimeout = TimeSpan.FromMilliseconds(500),
            CallTimeout = TimeSpan.FromSeconds(10),
        };
        var wrapped = await vault.Client.WrapKeyAsync(id, new byte[32]);
        foreach (var operation in Operations(id, wrapped.EncryptedKey))
        {
            // Continuous access evaluation remembers tokens, and so each operation comes with one of its own.
            var client = stage.Client(vault.Host, new PrincipalCredential(stage, vault.Owner), options);
            Assert.Equal("200", await VerdictOfAsync(() => client.GetKeyAsync("kek", null)));
            await FaultsAsync(System.Text.Json.JsonSerializer.Deserialize<object>(rule)!);

            Assert.Equal(expected, await VerdictOfAsync(() => operation(client)));

            await FaultsAsync();
            // Told to come back in a quarter of an hour, it does not ask before.
            var then = rule.Contains("900", StringComparison.Ordinal) ? "Throttled" : "200";
            if (!rule.Contains("Claims", StringComparison.Ordinal))
                Assert.Equal(then, await VerdictOfAsync(() => operation(client)));
        }
    }

    /// <summary>Everything our client asks a key vault for.</summary>
    private static IEnumerable<Func<IKeyVault, Task<object>>> Operations(KeyId id, byte[] wrapped) =>
        [
            async client => await client.GetKeyAsync(id.Name, id.Version),
            async client => await client.ListVersionsAsync(id.Name),
            async client => await client.WrapKeyAsync(id, new byte[32]),
            async client => await client.UnwrapKeyAsync(id, wrapped),
        ];

    [Fact]
    public async Task ServerThatIsGone_IsUnreachable()
    {
        var vault = await stage.CreateAsync();
        var client = vault.Client;
        await vault.CreateKeyAsync("kek");
        await stage.Server.DisposeAsync();

        Assert.Equal("Unreachable", await VerdictOfAsync(() => client.GetKeyAsync("kek", null)));

        await stage.RestartAsync();
    }

    [Fact]
    public async Task ServerThatIsAnother_GetsNothing()
    {
        var vault = await stage.CreateAsync();
        var stranger = new RestKeyVaults(
            new RestOptions { Endpoint = stage.Server.Endpoint, MaxRetries = 0 },
            _ => new PrincipalCredential(stage, vault.Owner),
            TimeProvider.System
        );
        using (stranger)
        {
            // The machine's roots do not know its CA.
            Assert.Equal("Unreachable", await VerdictOfAsync(() => stranger.Open(vault.Host, "p").GetKeyAsync("kek", null)));
        }
    }

    [Fact]
    public async Task Wrap_IsUndoneByLocalKeyVault_AndTheReverse()
    {
        var vault = await stage.CreateAsync();
        var id = KeyId.Parse(await vault.CreateKeyAsync("kek"));
        var material = RandomNumberGenerator.GetBytes(32);
        var (client, key) = (vault.Client, await vault.SendAsync("GET", "keys/kek"));
        using var rsa = RSA.Create(
            new RSAParameters
            {
                Modulus = System.Buffers.Text.Base64Url.DecodeFromChars((string?)key.Json!["key"]!["n"]),
                Exponent = System.Buffers.Text.Base64Url.DecodeFromChars((string?)key.Json["key"]!["e"]),
            }
        );

        using var back = await client.UnwrapKeyAsync(id, rsa.Encrypt(material, RSAEncryptionPadding.OaepSHA256));

        Assert.Equal(material, back.Span.ToArray());
    }

    private static async Task<string> VerdictOfAsync<T>(Func<Task<T>> call)
    {
        try
        {
            (await call() as IDisposable)?.Dispose();
            return "200";
        }
        catch (KeyVaultException e)
        {
            Assert.Equal(
                e.Fault is KeyVaultFault.Unreachable or KeyVaultFault.Throttled or KeyVaultFault.Unauthorized,
                e.Verdict == KeyVaultVerdict.Unreachable
            );
            return e.Fault.ToString();
        }
    }
}
