using RecoveryVault.Keys;

namespace RecoveryVault.Tests.Keys.Local;

public sealed class LocalKeyVaultsTests
{
    [Theory]
    [InlineData("ab")]
    [InlineData("a234567890123456789012345")]
    [InlineData("1abc")]
    [InlineData("-abc")]
    [InlineData("abc-")]
    [InlineData("a--b")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("abc\n")]
    [InlineData("ébc")]
    [InlineData("")]
    public async Task Create_WithABadName_IsRefused(string name)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.CreateAsync(new() { Name = name, Location = "x" }));
        Assert.Equal((400, "VaultNameNotValid"), (refused.Status, refused.Code));
        await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.ShowAsync(name));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("A-b-3")]
    [InlineData("a23456789012345678901234")]
    public async Task Create_WithAGoodName_KeepsItsSpelling(string name)
    {
        var stage = await KeyVaultStage.CreateAsync();
        var vault = await stage.Vaults.CreateAsync(new() { Name = name, Location = "West Europe" });
        Assert.Equal((name, "West Europe"), (vault.Name, vault.Location));
        Assert.Equal($"https://{name.ToLowerInvariant()}.vault.localhost/", vault.Properties.VaultUri);
        Assert.Equal(name, (await stage.Vaults.ShowAsync(name.ToUpperInvariant())).Name);
    }

    [Fact]
    public async Task Create_WhenTheNameIsTakenInAnotherCase_IsRefused()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.CreateAsync(new() { Name = "KV1", Location = "x" }));
        Assert.Equal((409, "VaultAlreadyExists"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(91)]
    public async Task Create_WithRetentionOutOfRange_IsRefused(int days) =>
        Assert.Equal("400 BadRequest", await KeyVaultStage.OutcomeOf(() => KeyVaultStage.CreateAsync(retentionDays: days)));

    [Fact]
    public async Task Create_WithPurgeProtectionAndWithoutSoftDelete_IsRefused() =>
        Assert.Equal(
            "400 BadRequest",
            await KeyVaultStage.OutcomeOf(() => KeyVaultStage.CreateAsync(softDelete: false, purgeProtection: true))
        );

    [Fact]
    public async Task Create_WithoutALocation_IsRefused()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var outcome = await KeyVaultStage.OutcomeOf(() => stage.Vaults.CreateAsync(new() { Name = "abc", Location = "" }));
        Assert.Equal("400 BadRequest", outcome);
    }

    [Fact]
    public async Task Show_UnknownVault_Is404()
    {
        var stage = await KeyVaultStage.CreateAsync();
        Assert.Equal("404 ResourceNotFound", await KeyVaultStage.OutcomeOf(() => stage.Vaults.ShowAsync("other")));
        Assert.Equal("404 ResourceNotFound", await KeyVaultStage.OutcomeOf(() => stage.Vaults.UpdateAsync("other", new())));
        Assert.Equal("404 ResourceNotFound", await KeyVaultStage.OutcomeOf(() => stage.Vaults.SetPolicyAsync("other", "x", ["get"])));
    }

    [Fact]
    public async Task Update_TurningProtectionOff_IsRefusedInAzuresWords()
    {
        var stage = await KeyVaultStage.CreateAsync(purgeProtection: true);
        var soft = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.UpdateAsync("kv1", new() { EnableSoftDelete = false }));
        Assert.Equal(
            "The property \"enableSoftDelete\" can be set to false only for creating new vault. Enabling the 'soft delete' functionality "
                + "is an irreversible action.",
            soft.Message
        );
        var purge = await Assert.ThrowsAsync<KeyVaultException>(() =>
            stage.Vaults.UpdateAsync("kv1", new() { EnablePurgeProtection = false })
        );
        Assert.Equal(
            "The property \"enablePurgeProtection\" cannot be set to false. Enabling the purge protection for a vault is an irreversible "
                + "action.",
            purge.Message
        );
        var shown = await stage.Vaults.ShowAsync("kv1");
        Assert.Equal((true, true), (shown.Properties.EnableSoftDelete, shown.Properties.EnablePurgeProtection));
    }

    [Fact]
    public async Task Update_OfARetentionInForce_IsRefused()
    {
        var stage = await KeyVaultStage.CreateAsync(retentionDays: 7);
        var refused = await Assert.ThrowsAsync<KeyVaultException>(() => stage.Vaults.UpdateAsync("kv1", new() { RetentionDays = 8 }));
        Assert.Equal("The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.", refused.Message);
        Assert.Equal(7, (await stage.Vaults.UpdateAsync("kv1", new() { RetentionDays = 7 })).Properties.SoftDeleteRetentionInDays);
    }

    [Fact]
    public async Task Update_OfAnOldVault_TurnsEachProtectionOn()
    {
        var stage = await KeyVaultStage.CreateAsync(softDelete: false);
        var tooEarly = await KeyVaultStage.OutcomeOf(() => stage.Vaults.UpdateAsync("kv1", new() { EnablePurgeProtection = true }));
        Assert.Equal("400 BadRequest", tooEarly);
        var vault = await stage.Vaults.UpdateAsync(
            "kv1",
            new()
            {
                EnableSoftDelete = true,
                RetentionDays = 30,
                EnablePurgeProtection = true,
            }
        );
        Assert.Equal(
            (true, 30, true),
            (vault.Properties.EnableSoftDelete, vault.Properties.SoftDeleteRetentionInDays, vault.Properties.EnablePurgeProtection)
        );
    }

    [Fact]
    public async Task Update_WithNothing_ChangesNothing()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.AllowAsync("get");
        var before = await stage.Vaults.ShowAsync("kv1");
        Assert.Equivalent(before, await stage.Vaults.UpdateAsync("kv1", new()), strict: true);
    }

    [Theory]
    [InlineData(false, false, 90, "Purgeable", null)]
    [InlineData(true, false, 90, "Recoverable+Purgeable", 90)]
    [InlineData(true, true, 90, "Recoverable", 90)]
    [InlineData(true, false, 89, "CustomizedRecoverable+Purgeable", 89)]
    [InlineData(true, true, 7, "CustomizedRecoverable", 7)]
    public async Task RecoveryLevel_FollowsTheVault(bool softDelete, bool purgeProtection, int days, string level, int? recoverableDays)
    {
        var stage = await KeyVaultStage.CreateAsync(softDelete, purgeProtection, days);
        var attributes = (await stage.CreateRsaAsync()).Attributes;
        Assert.Equal((level, recoverableDays), (attributes.RecoveryLevel, attributes.RecoverableDays));
        Assert.Equal(level, (await stage.Owner.GetKeyAsync("kek", null)).Properties.RecoveryLevel);
    }

    [Fact]
    public async Task List_ShowsAllVaultsByName()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.Vaults.CreateAsync(new() { Name = "Alpha", Location = "westus" });
        await stage.CreateRsaAsync();
        Assert.Equal(["Alpha", "kv1"], (await stage.Vaults.ListAsync()).Select(vault => vault.Name));
    }
}
