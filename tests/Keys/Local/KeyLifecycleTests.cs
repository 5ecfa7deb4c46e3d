using System.Globalization;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;

namespace RecoveryVault.Tests.Keys.Local;

public sealed class KeyLifecycleTests
{
    [Theory]
    [InlineData("RSA", 1024, null)]
    [InlineData("RSA", 2049, null)]
    [InlineData("RSA", null, "P-256")]
    [InlineData("EC", 256, null)]
    [InlineData("EC", null, "P-256K")]
    [InlineData("oct", null, null)]
    [InlineData("rsa", null, null)]
    public async Task Create_OfAnUnknownKind_IsRefused(string kty, int? size, string? curve)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var request = new KeyCreation
        {
            Kty = kty,
            KeySize = size,
            Curve = curve,
        };
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.CreateKeyAsync("k", request)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a_b")]
    [InlineData("..")]
    [InlineData("a\n")]
    public async Task Key_OfABadName_IsRefused(string name)
    {
        var stage = await KeyVaultStage.CreateAsync();
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.CreateRsaAsync(name)));
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync(name, null)));
    }

    [Fact]
    public async Task Create_BeyondTheLimits_IsRefused()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var sixteenTags = Enumerable.Range(0, 16).ToDictionary(i => i.ToString(CultureInfo.InvariantCulture), _ => "");
        KeyCreation[] requests =
        [
            new() { Kty = "RSA", Tags = sixteenTags },
            new()
            {
                Kty = "RSA",
                Tags = new Dictionary<string, string> { [new('x', 257)] = "" },
            },
            new()
            {
                Kty = "RSA",
                Tags = new Dictionary<string, string> { ["x"] = new('x', 257) },
            },
            new() { Kty = "RSA", KeyOps = ["wrapKey", "fly"] },
            new() { Kty = "EC", KeyOps = ["wrapKey"] },
        ];
        foreach (var request in requests)
            Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.Owner.CreateKeyAsync("k", request)));
        Assert.Equal("400 BadParameter", await KeyVaultStage.OutcomeOf(() => stage.CreateRsaAsync(new string('k', 128))));
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.CreateRsaAsync(new string('k', 127))));
        Assert.Single(await stage.Owner.ListKeysAsync());
    }

    [Theory]
    [InlineData("RSA", 3072, null, "RSA", 3072)]
    [InlineData("EC", null, "P-384", "EC", 384)]
    [InlineData("EC", null, "P-521", "EC", 521)]
    public async Task Rotate_KeepsTypeSizeOperationsAndTags(string kty, int? size, string? curve, string type, int bits)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var operation = kty == "RSA" ? "unwrapKey" : "verify";
        await stage.Owner.CreateKeyAsync(
            "kek",
            new()
            {
                Kty = kty,
                KeySize = size,
                Curve = curve,
                KeyOps = [operation],
                Enabled = false,
                ExpiresOn = KeyVaultStage.Start,
                Tags = new Dictionary<string, string> { ["owner"] = "me" },
            }
        );
        var rotated = await stage.Owner.RotateKeyAsync("kek");
        var key = await stage.Owner.GetKeyAsync("kek", null);
        Assert.Equal((type, bits, KeyVaultStage.VersionOf(rotated)), (key.KeyType, key.SizeBits, key.Properties.Id.Version));
        Assert.Equal([operation], key.Operations);
        Assert.Equal("me", rotated.Tags?["owner"]);
        Assert.Equal((true, null), (key.Properties.Enabled, key.Properties.ExpiresOn));
    }

    [Fact]
    public async Task Create_OnAnExistingName_MakesALatestVersion()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var first = await stage.CreateRsaAsync("Kek");
        var second = await stage.Owner.CreateKeyAsync("kEK", new() { Kty = "EC" });
        Assert.Equal("EC", (await stage.Owner.GetKeyAsync("kek", null)).KeyType);
        Assert.Equal("RSA", (await stage.Owner.GetKeyAsync("kek", KeyVaultStage.VersionOf(first))).KeyType);
        Assert.Equal("Kek", KeyVaultStage.IdOf(second).Name);
        Assert.Matches("^[0-9a-f]{32}$", KeyVaultStage.VersionOf(second));
    }

    [Fact]
    public async Task Latest_IsTheOneCreatedLast_EvenWhenTheClockWentBack()
    {
        var stage = await KeyVaultStage.CreateAsync();
        stage.Time.Advance(TimeSpan.FromDays(1));
        var first = await stage.CreateRsaAsync();
        stage.Time.AdjustTime(KeyVaultStage.Start);
        var second = await stage.Owner.RotateKeyAsync("kek");
        Assert.True(second.Attributes.Created < first.Attributes.Created);
        Assert.Equal(second.Key.Kid, (await stage.Owner.GetKeyBundleAsync("kek")).Key.Kid);
        Assert.Equal(
            [KeyVaultStage.IdOf(first), KeyVaultStage.IdOf(second)],
            (await stage.Owner.ListVersionsAsync("kek")).Select(version => version.Id)
        );
        Assert.Equal([first.Key.Kid, second.Key.Kid], (await stage.Owner.ListKeyVersionsAsync("kek")).Select(version => version.Kid));
    }

    [Fact]
    public async Task Update_ChangesOneVersionAndOnlyWhatIsNamed()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var first = await stage.CreateRsaAsync();
        await stage.Owner.RotateKeyAsync("kek");
        stage.Time.Advance(TimeSpan.FromMilliseconds(5_900));
        var expiry = KeyVaultStage.Start.AddDays(1).AddMilliseconds(999);
        var updated = await stage.Owner.UpdateKeyAsync("kek", KeyVaultStage.VersionOf(first), new() { ExpiresOn = expiry });
        Assert.Equal(
            first.Attributes with
            {
                Exp = expiry.ToUnixTimeSeconds(),
                Updated = first.Attributes.Created + 5,
            },
            updated.Attributes
        );
        Assert.Equal(first.Key.N, updated.Key.N);
        Assert.Null((await stage.Owner.GetKeyBundleAsync("kek")).Attributes.Exp);
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.UpdateKeyAsync("kek", new string('0', 32), new())));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync("kek", new string('0', 32))));
    }

    [Fact]
    public async Task Delete_HidesTheKeyAndHoldsItsName()
    {
        var stage = await KeyVaultStage.CreateAsync(retentionDays: 7);
        var created = await stage.CreateRsaAsync();
        await stage.CreateRsaAsync("other");
        var deleted = await stage.Owner.DeleteKeyAsync("KEK");
        var now = KeyVaultStage.Start.ToUnixTimeSeconds();
        Assert.Equal(
            ($"https://{KeyVaultStage.Host}/deletedkeys/kek", now, now + (7 * 86_400)),
            (deleted.RecoveryId, deleted.DeletedDate, deleted.ScheduledPurgeDate)
        );
        Assert.Equivalent(deleted, await stage.Owner.GetDeletedKeyAsync("kek"), strict: true);
        Assert.Equal($"https://{KeyVaultStage.Host}/keys/kek", Assert.Single(await stage.Owner.ListDeletedKeysAsync()).Kid);
        Assert.Equal($"https://{KeyVaultStage.Host}/keys/other", Assert.Single(await stage.Owner.ListKeysAsync()).Kid);
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.CreateRsaAsync());
        Assert.Equal((409, "Conflict", "ObjectIsDeletedButRecoverable"), (refused.Status, refused.Code, refused.InnerCode));
        Func<Task>[] calls =
        [
            () => stage.Owner.DeleteKeyAsync("kek"),
            () => stage.Owner.RotateKeyAsync("kek"),
            () => stage.Owner.UpdateKeyAsync("kek", KeyVaultStage.VersionOf(created), new()),
            () => stage.Owner.ListKeyVersionsAsync("kek"),
        ];
        foreach (var call in calls)
            Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(call));
    }

    [Fact]
    public async Task Recover_BringsBackEveryVersionAsItWas()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var first = await stage.CreateRsaAsync();
        await stage.Owner.RotateKeyAsync("kek");
        await stage.Owner.UpdateKeyAsync("kek", KeyVaultStage.VersionOf(first), new() { Enabled = false });
        var before = await stage.Owner.ListKeyVersionsAsync("kek");
        await stage.Owner.DeleteKeyAsync("kek");
        stage.Time.Advance(TimeSpan.FromDays(90) - TimeSpan.FromSeconds(1));
        var recovered = await stage.Owner.RecoverDeletedKeyAsync("kek");
        Assert.Equal(before[1].Kid, recovered.Key.Kid);
        Assert.Null(recovered.RecoveryId);
        Assert.Equivalent(before, await stage.Owner.ListKeyVersionsAsync("kek"), strict: true);
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.RecoverDeletedKeyAsync("kek")));
    }

    [Fact]
    public async Task Purge_OfAKeyThatIsNotDeleted_Is404()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.PurgeDeletedKeyAsync("kek"));
        Assert.Equal((404, "KeyNotFound", "Deleted Key not found: kek"), (refused.Status, refused.Code, refused.Message));
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync("kek", null)));
    }

    [Fact]
    public async Task Purge_UnderPurgeProtection_IsRefusedUntilTheRetentionEnds()
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: true, retentionDays: 7);
        await stage.CreateRsaAsync();
        await stage.Owner.DeleteKeyAsync("kek");
        stage.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Owner.PurgeDeletedKeyAsync("kek"));
        Assert.Equal((403, "Forbidden"), (refused.Status, refused.Code));
        Assert.Equal(
            "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically "
                + "purge it after the retention period has passed.\r\nVault: kv1;location=westeurope",
            refused.Message
        );
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetDeletedKeyAsync("kek")));
    }

    [Fact]
    public async Task RetentionEnd_MakesTheKeyGoneAndItsNameFree()
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: true, retentionDays: 7);
        var old = await stage.CreateRsaAsync();
        await stage.Owner.DeleteKeyAsync("kek");
        stage.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetDeletedKeyAsync("kek")));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.RecoverDeletedKeyAsync("kek")));
        Assert.Empty(await stage.Owner.ListDeletedKeysAsync());
        await stage.CreateRsaAsync();
        Assert.Single(await stage.Owner.ListKeyVersionsAsync("kek"));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetKeyAsync("kek", KeyVaultStage.VersionOf(old))));
    }

    [Fact]
    public async Task RetentionEnd_DestroysNothingUntilAskedTo()
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: true, retentionDays: 7);
        await stage.CreateRsaAsync();
        await stage.Owner.DeleteKeyAsync("kek");
        stage.Time.Advance(TimeSpan.FromDays(7));
        await KeyVaultStage.OutcomeOf(() => stage.Owner.RecoverDeletedKeyAsync("kek"));
        await stage.Owner.ListDeletedKeysAsync();
        // A clock that had jumped ahead is set right: the key is still there.
        stage.Time.AdjustTime(KeyVaultStage.Start);
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetDeletedKeyAsync("kek")));

        stage.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.PurgeDeletedKeyAsync("kek")));
        Assert.Null(await stage.Store.GetAsync("keys/kv1/kek.json"));
    }

    [Fact]
    public async Task Delete_WithoutSoftDelete_DestroysAtOnce()
    {
        var stage = await KeyVaultStage.CreateAsync(softDelete: false);
        await stage.CreateRsaAsync();
        var deleted = await stage.Owner.DeleteKeyAsync("kek");
        Assert.Equal((null, null, null), (deleted.RecoveryId, deleted.DeletedDate, deleted.ScheduledPurgeDate));
        Assert.Null(await stage.Store.GetAsync("keys/kv1/kek.json"));
        Assert.Equal("404 KeyNotFound", await KeyVaultStage.OutcomeOf(() => stage.Owner.GetDeletedKeyAsync("kek")));
        Assert.Equal("200", await KeyVaultStage.OutcomeOf(() => stage.CreateRsaAsync()));
    }
}
