using Microsoft.Extensions.DependencyInjection;
using RecoveryVault.Errors;
using RecoveryVault.Reports;
using RecoveryVault.Rotation;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Cluster;

/// <summary>A change of key that is only tried: it says what the change would meet, and leaves no trace.</summary>
[Collection(VaultClusterCollection.Name)]
public sealed class KeyChangeDryRunTests(VaultCluster cluster)
{
    [Fact]
    public async Task DryRun_EachMissingStep_IsTheRefusalOfTheChangeItselfAndChangesNothing()
    {
        var stage = await VaultStage.CreateAsync(cluster, isReady: false);
        await RefusesAlikeAsync(stage, "https://kv/secrets/x");
        await RefusesAlikeAsync(stage, "https://elsewhere.example/keys/kek");
        await RefusesAlikeAsync(stage);
        await stage.AssignIdentityAsync();
        await RefusesAlikeAsync(stage);
        await stage.CreateKeyVaultAsync(softDelete: false, purgeProtection: false, location: "eastus");
        await RefusesAlikeAsync(stage);
        await stage.AllowAsync("get", "list", "unwrapKey");
        await RefusesAlikeAsync(stage);
        await stage.AllowAsync("get", "list", "wrapKey", "unwrapKey");
        await RefusesAlikeAsync(stage);
        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { EnableSoftDelete = true });
        await RefusesAlikeAsync(stage);
        await cluster.KeyVaults.UpdateAsync(stage.KeyVault, new() { EnablePurgeProtection = true });
        var report = await RefusesAlikeAsync(stage);

        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultRegionMismatch, report.Refusal?.Code);
        Assert.Equal(report.Refusal?.Code, Assert.Single(report.Checks, c => c.Met != true).Code);
    }

    [Fact]
    public async Task DryRun_VaultSomebodyTriedToProtectIn_IsRefusedAndCountsAsNoAttempt()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        Assert.True((await DryRunAsync(stage)).Accepted);
        Assert.Null((await stage.Vault.Vault.GetAsync()).ProtectionAttemptedAt);

        await stage.ProtectAsync("docs");
        Assert.Equal(ErrorCodes.UserErrorCMKVaultHasProtectedItems, (await RefusesAlikeAsync(stage)).Refusal?.Code);
    }

    [Fact]
    public async Task DryRun_OldKeyRefusesToUnwrap_IsRefusedWithItsCode()
    {
        var (stage, next) = await WithItemAndNextKeyAsync();
        var old = (await stage.KeyOwner.ListVersionsAsync("kek"))[0].Id;
        await stage.KeyOwner.UpdateKeyAsync("kek", old.Version, new() { Enabled = false });

        var report = await RefusesAlikeAsync(stage, next);

        Assert.Equal(ErrorCodes.UserErrorCMKKeyDisabled, report.Refusal?.Code);
        Assert.Equal("Old key", Assert.Single(report.Checks, c => c.Met != true).Name);
    }

    [Fact]
    [Trait("Requirement", "R48")]
    public async Task DryRun_OtherInfrastructureEncryption_IsRefusedLikeTheChange()
    {
        var (stage, next) = await WithItemAndNextKeyAsync();
        var request = stage.Update(next) with { InfrastructureEncryption = true };

        var document = ReportDocument.Of(await stage.Vault.Vault.DryRunEncryptionAsync(request));

        var report = document.Read(ReportJson.Default.KeyChangeReport);
        Assert.Equal(ErrorCodes.UserErrorInfrastructureEncryptionImmutable, report.Refusal?.Code);
        Assert.Equal(report.Refusal?.Code, await VaultStage.CodeOfAsync(() => stage.Vault.Vault.UpdateEncryptionAsync(request)));
    }

    [Fact]
    public async Task DryRun_RingThatCannotBeRead_IsNamedAsBlocking()
    {
        var (stage, next) = await WithItemAndNextKeyAsync();
        var item = await stage.Vault.Vault.FindItemAsync("docs");
        var ring = $"rings/{item}/0000000000000009-00000000";
        await cluster.Store.PutAsync(ring, new(new byte[100]), PutCondition.IfAbsent);

        var report = await DryRunAsync(stage, next);

        Assert.Equal((1, 1), (report.Items.ToRewrap, report.Items.Blocking));
        Assert.Equal("docs", Assert.Single(report.Items.BlockingNames));
        await cluster.Store.DeleteAsync(ring);
    }

    [Fact]
    public async Task DryRun_ChangeThatWouldBeTaken_TellsWhatItCostsAndChangesNothing()
    {
        var (stage, next) = await WithItemAndNextKeyAsync();
        var before = await stage.Vault.Vault.GetEncryptionAsync();

        var report = await DryRunAsync(stage, next);

        Assert.True(report.Accepted);
        Assert.All(report.Checks, c => Assert.True(c.Met));
        Assert.True(report.NewKey?.RoundTrip);
        Assert.Equal(before.KeyVersion, report.KeyVersion);
        Assert.NotEqual(before.KeyVersion, report.NewKey?.KeyVersion);
        Assert.Equal((1, 1, 0), (report.Items.Total, report.Items.ToRewrap, report.Items.Blocking));
        Assert.Equal(4 + 3 + 3, report.Estimate.Calls);
        Assert.Equal((stage.Vault.VaultId.ToString(), stage.Name, 2L), (report.VaultId, report.VaultName, report.Generation));
        Assert.Equal("tester@here", report.Caller);
        var updated = await stage.AssignKeyAsync(next);
        Assert.Equal(report.NewKey?.KeyVersion, updated.KeyVersion);
    }

    [Fact]
    public async Task DryRun_SameKeyAgain_IsTakenAndRewrapsNothing()
    {
        var (stage, _) = await WithItemAndNextKeyAsync();
        var report = await DryRunAsync(stage);
        Assert.True(report.Accepted);
        Assert.Equal((1, 0), (report.Items.Total, report.Items.ToRewrap));
    }

    /// <summary>Any other call to the vault would find its look for a newer version overdue, and make one.</summary>
    [Fact]
    public async Task DryRun_LookForNewVersionsIsOverdue_MakesNone()
    {
        var (stage, next) = await WithLateTickAsync();
        List<string> ids = [stage.Vault.VaultId.ToString()];
        cluster.Time.Advance(Overdue);
        var before = await ContentAsync(ids);

        // Nobody waits for a look that was woken: the later runs are its time to show.
        for (var i = 0; i < 20; i++)
            await stage.Vault.Vault.DryRunEncryptionAsync(stage.Update(next));

        Assert.Equal(before, await ContentAsync(ids));
        var isWoken = false;
        for (var i = 0; i < 500 && !isWoken; i++)
        {
            await stage.Vault.Vault.GetAsync();
            isWoken = !before.SequenceEqual(await ContentAsync(ids));
        }
        Assert.True(isWoken);
    }

    /// <summary>A vault whose first tick comes only when its look is overdue, and of which nothing is under way.</summary>
    private async Task<(VaultStage Stage, string NextUri)> WithLateTickAsync()
    {
        var table = cluster.Cluster.GetActiveSilos().First().ServiceProvider.GetRequiredService<IReminderTable>();
        for (var i = 0; i < 300; i++)
        {
            var (stage, next) = await WithItemAndNextKeyAsync();
            await stage.Vault.Vault.ListAlertsAsync();
            var schedule = GrainId.Create("key-rotation", stage.Vault.VaultId.ToString());
            ReminderTableData rows;
            while ((rows = await table.ReadRows(schedule)).Reminders.Count == 0)
                await stage.Vault.Vault.GetAsync();
            // The row's time is the real clock's, though the tick comes by the cluster's.
            if (rows.Reminders[0].StartAt > TimeProvider.System.GetUtcNow().UtcDateTime + Overdue)
                return (stage, next);
        }
        throw new InvalidOperationException("No first tick is late.");
    }

    private static TimeSpan Overdue => PollRules.Period + TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ReportKeyVersions_IsTheListSigned()
    {
        var (stage, _) = await WithItemAndNextKeyAsync();
        var listed = await stage.Vault.Vault.ListKeyVersionsAsync();

        var document = ReportDocument.Of(await stage.Vault.Vault.ReportKeyVersionsAsync());

        document.Verify([.. await cluster.Client.Directory.ListReportKeysAsync()]);
        var report = document.Read(ReportJson.Default.KeyVersionsReport);
        Assert.Equal(
            listed.Where(v => v.KeyVersion != "platform").Select(v => (v.KeyId, v.SafeToDisable, string.Join(' ', v.NeededBy))),
            report.Versions.Select(v => (v.KeyId, v.SafeToDisable, string.Join(' ', v.NeededBy)))
        );
    }

    private async Task<(VaultStage Stage, string NextUri)> WithItemAndNextKeyAsync()
    {
        var stage = await VaultStage.CreateAsync(cluster);
        await stage.AssignKeyAsync();
        await stage.ProtectAsync("docs");
        await stage.KeyOwner.CreateKeyAsync("next", new() { Kty = "RSA" });
        return (stage, $"https://{stage.KeyVault}.vault.localhost/keys/next");
    }

    /// <summary>The dry run refuses with the very error that the change then is refused with.</summary>
    private async Task<KeyChangeReport> RefusesAlikeAsync(VaultStage stage, string? uri = null)
    {
        var report = await DryRunAsync(stage, uri);
        Assert.False(report.Accepted);
        var refusal = await Assert.ThrowsAsync<VaultException>(() => stage.AssignKeyAsync(uri));
        Assert.Equal(
            (refusal.Code, refusal.Message, refusal.Recommendation),
            ((string, string, string))(report.Refusal!.Code, report.Refusal.Message, report.Refusal.Recommendation)
        );
        return report;
    }

    /// <summary>
    /// Compares everything of the vault and its items byte for byte, etags too, before and after; other vaults of the cluster may still be
    /// at work. The whole store is compared where a command has it to itself.
    /// </summary>
    private async Task<KeyChangeReport> DryRunAsync(VaultStage stage, string? uri = null)
    {
        List<string> ids = [stage.Name, stage.Vault.VaultId.ToString()];
        await foreach (var item in VaultClient.AllAsync(stage.Vault.Vault.ListItemsAsync))
            ids.Add(item.ItemId.ToString());
        var before = await ContentAsync(ids);

        var document = ReportDocument.Of(await stage.Vault.Vault.DryRunEncryptionAsync(stage.Update(uri)));

        Assert.Equal(before, await ContentAsync(ids));
        document.Verify([.. await cluster.Client.Directory.ListReportKeysAsync()]);
        return document.Read(ReportJson.Default.KeyChangeReport);
    }

    private async Task<List<(string Name, string ETag, string Content)>> ContentAsync(List<string> ids)
    {
        List<(string, string, string)> content = [];
        await foreach (var blob in cluster.Store.ListAllAsync(""))
        {
            if (ids.Any(id => blob.Name.Contains(id, StringComparison.Ordinal)) && await cluster.Store.GetAsync(blob.Name) is { } found)
                content.Add((blob.Name, found.ETag, Convert.ToHexString(found.Content.Span)));
        }
        Assert.NotEmpty(content);
        return content;
    }
}
