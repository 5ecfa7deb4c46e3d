using System.Buffers;
using System.Text;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Keys.Local;

/// <summary>The records as they are kept, byte for byte, and what is made of damaged ones.</summary>
public sealed class KeyVaultFormatTests
{
    private const string KeyBlob = "keys/kv1/kek.json";

    [Fact]
    public async Task KeptRecords_OfFormat1_AreReadForEver()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await WriteAsync(
            stage,
            "keyvaults/old.json",
            """
            {"format":1,"name":"Old","location":"westeurope","enableSoftDelete":true,"retentionDays":90,"enablePurgeProtection":true,
            "enableRbacAuthorization":false,"defaultAction":"Deny","accessPolicies":[{"objectId":"me","permissions":["get","unwrapKey"]}],
            "roleAssignments":[{"principalId":"you","role":"Key Vault Crypto Officer"}]}
            """
        );
        await WriteAsync(
            stage,
            "keys/old/kek.json",
            """
            {"format":1,"name":"Kek","versions":[{"version":"00112233445566778899aabbccddeeff","shape":{"type":"RSA","sizeBits":2048},
            "operations":["wrapKey","unwrapKey"],"enabled":true,"createdOn":1767323045,"updatedOn":1767323046,"publicKey":{"spki":"{spki}"},
            "privateKey":"{pkcs8}","notBefore":1767323047,"expiresOn":1767323048,"tags":{"a":"b"}}]}
            """.Replace("{spki}", FixedKey.Spki, StringComparison.Ordinal).Replace("{pkcs8}", FixedKey.Pkcs8, StringComparison.Ordinal)
        );
        var caller = KeyVaultCaller.Principal("me", isTrustedService: true);
        var keys = stage.Vaults.Open("old.vault.localhost", caller);
        const string Id = "https://old.vault.localhost/keys/Kek/00112233445566778899aabbccddeeff";
        Assert.Equivalent(
            new KeyBundle(
                new(Id, "RSA", ["wrapKey", "unwrapKey"], FixedKey.Modulus, "AQAB"),
                new(true, 1767323047, 1767323048, 1767323045, 1767323046, "Recoverable", 90),
                new Dictionary<string, string> { ["a"] = "b" }
            ),
            await keys.GetKeyBundleAsync("kek"),
            strict: true
        );
        using var unwrapped = await keys.UnwrapKeyAsync(KeyId.Parse(Id), Convert.FromBase64String(FixedKey.WrappedByOpenSsl));
        Assert.Equal(Encoding.ASCII.GetBytes(FixedKey.Unwrapped), unwrapped.Span);
    }

    [Fact]
    public async Task KeptRecord_IsWrittenAsFormat1()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.AllowAsync("get");
        var vault = (await stage.Store.GetAsync("keyvaults/kv1.json"))?.Content ?? default;
        Assert.Equal(
            """
            {"format":1,"name":"kv1","location":"westeurope","enableSoftDelete":true,"retentionDays":90,"enablePurgeProtection":false,
            "enableRbacAuthorization":false,"defaultAction":"Allow","accessPolicies":[{"objectId":"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "permissions":["get"]}],"roleAssignments":[]}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(vault.Span)
        );
        await stage.Owner.DeleteKeyAsync(KeyVaultStage.IdOf(await stage.CreateRsaAsync()).Name);
        Assert.Matches(
            "^{\"format\":1,\"name\":\"kek\",\"versions\":\\[{\"version\":\"[0-9a-f]{32}\",\"shape\":{\"type\":\"RSA\",\"sizeBits\":2048},"
                + "\"operations\":\\[\"encrypt\",\"decrypt\",\"sign\",\"verify\",\"wrapKey\",\"unwrapKey\"],\"enabled\":true,"
                + "\"createdOn\":1767323045,\"updatedOn\":1767323045,"
                + "\"publicKey\":{\"spki\":\"[^\"]+\"},\"privateKey\":\"[^\"]+\"}],\"deletedOn\":1767323045,"
                + "\"scheduledPurgeOn\":1775099045}$",
            Encoding.UTF8.GetString((await ReadAsync(stage)).Span)
        );
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2", "format 2")]
    [InlineData("\"format\":1", "\"fourmat\":1", "damaged")]
    [InlineData("\"enabled\":true", "\"enabled\":true,\"later\":1", "damaged")]
    [InlineData("\"enabled\":true,", "", "damaged")]
    [InlineData("\"version\":\"", "\"version\":null,\"x\":\"", "damaged")]
    [InlineData("\"privateKey\":\"", "\"privateKey\":\"!", "damaged")]
    [InlineData("{", "[", "damaged")]
    public async Task DamagedOrNewerRecord_IsNeverActedOnNorOverwritten(string from, string to, string says)
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        var text = Encoding.UTF8.GetString((await ReadAsync(stage)).Span);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await WriteAsync(stage, KeyBlob, text.Replace(from, to, StringComparison.Ordinal));
        var damaged = await ReadAsync(stage);
        foreach (
            var call in new Func<Task>[]
            {
                () => stage.Owner.GetKeyAsync("kek", null),
                () => stage.Owner.RotateKeyAsync("kek"),
                () => stage.CreateRsaAsync(),
                () => stage.Owner.DeleteKeyAsync("kek"),
                () => stage.Owner.PurgeDeletedKeyAsync("kek"),
            }
        )
        {
            var failed = await Assert.ThrowsAsync<KeyVaultException>(call);
            Assert.Equal(KeyVaultVerdict.Unreachable, failed.Verdict);
            Assert.Contains(says, failed.Message, StringComparison.Ordinal);
        }
        Assert.Equal(damaged.ToArray(), (await ReadAsync(stage)).ToArray());
    }

    [Fact]
    public async Task TruncatedRecord_IsDamaged()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        var whole = (await ReadAsync(stage)).ToArray();
        for (var length = 0; length < whole.Length; length += 97)
        {
            await stage.Store.PutAsync(KeyBlob, new ReadOnlySequence<byte>(whole, 0, length), PutCondition.Always);
            Assert.Equal("500 InternalServerError", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync("kek", null)));
        }
    }

    private static Task<string> WriteAsync(KeyVaultStage stage, string name, string json) =>
        stage.Store.PutAsync(name, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json.ReplaceLineEndings(""))), PutCondition.Always);

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(KeyVaultStage stage) =>
        (await stage.Store.GetAsync(KeyBlob))?.Content ?? throw new InvalidOperationException("There is no such key.");
}
