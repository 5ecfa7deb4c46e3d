using System.Runtime.Versioning;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>Bad input: a clear code, exit code 1, nothing half-changed.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class BadInputTests(ReadmeStory story)
{
    private CommandPlace Place => story.Place;

    [Theory]
    [InlineData("vault show --name nowhere", ErrorCodes.VaultNotFound)]
    [InlineData("vault delete --name nowhere", ErrorCodes.VaultNotFound)]
    [InlineData("vault encryption versions --name nowhere", ErrorCodes.VaultNotFound)]
    [InlineData("item list --vault-name nowhere", ErrorCodes.VaultNotFound)]
    [InlineData("item show --vault-name docs --item-name nothing", ErrorCodes.ItemNotFound)]
    [InlineData("protection backup-now --vault-name docs --item-name nothing", ErrorCodes.ItemNotFound)]
    [InlineData("recoverypoint show --vault-name docs --item-name papers --rp-name none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("recoverypoint files --vault-name docs --item-name papers --rp-name none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("recoverypoint verify --vault-name docs --item-name papers --rp-name none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("policy show --vault-name docs --name none", ErrorCodes.PolicyNotFound)]
    [InlineData("policy set --vault-name docs --name none --keep-last 1", ErrorCodes.PolicyNotFound)]
    [InlineData("policy delete --vault-name docs --name none", ErrorCodes.PolicyNotFound)]
    [InlineData("item set-policy --vault-name docs --item-name papers --policy-name none", ErrorCodes.PolicyNotFound)]
    [InlineData("item set-policy --vault-name docs --item-name none --no-policy", ErrorCodes.ItemNotFound)]
    [InlineData("recoverypoint delete --vault-name docs --item-name papers --rp-name none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("recoverypoint undelete --vault-name docs --item-name papers --rp-name none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("restore run --vault-name docs --item-name papers --rp-name none --target {place}/none", ErrorCodes.RecoveryPointNotFound)]
    [InlineData("recoverypoint files --vault-name docs --item-name papers --path none", ErrorCodes.PathNotFound)]
    [InlineData("restore run --vault-name docs --item-name papers --include none --target {place}/none", ErrorCodes.PathNotFound)]
    [InlineData("job show --vault-name docs --name 11111111-1111-1111-1111-111111111111", ErrorCodes.JobNotFound)]
    [InlineData("job show --vault-name docs --name nonsense", ErrorCodes.JobNotFound)]
    [InlineData("keyvault show --name kv9", "ResourceNotFound")]
    [InlineData("keyvault key show --vault-name kv9 --name kek", "HostNotFound")]
    [InlineData("keyvault key show --vault-name kv1 --name none", "KeyNotFound")]
    [InlineData("keyvault key purge --vault-name kv1 --name kek", "KeyNotFound")]
    public async Task Command_NamesWhatIsNotThere_IsRefused(string command, string code) => (await RunAsync(command)).Refuses(code);

    [Theory]
    [InlineData("vault create --name 1st --location home")]
    [InlineData("vault create --name a --location home")]
    [InlineData("vault create --name under_score --location home")]
    [InlineData("policy create --vault-name docs --name a/b --keep-last 1")]
    [InlineData("vault show --name ../docs")]
    [InlineData("protection enable --vault-name docs --item-name a/b --source {place}/Documents")]
    [InlineData("protection enable --vault-name docs --item-name ä --source {place}/Documents")]
    public async Task Command_NameBreaksTheRules_IsRefused(string command) => (await RunAsync(command)).Refuses(ErrorCodes.InvalidName);

    [Theory]
    [InlineData("protection backup-now --vault-name docs --item-name papers --retain-until 2020-01-01")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --retain-until 2999-01-01T00:00:00Z")]
    [InlineData("policy create --vault-name docs --name p --keep-last 0")]
    [InlineData("policy create --vault-name docs --name p --keep-daily 36526")]
    public async Task Command_ValueOutOfRange_IsRefusedAndChangesNothing(string command)
    {
        var points = (await RunAsync("recoverypoint list --vault-name docs --item-name papers")).Output;
        (await RunAsync(command)).Refuses(ErrorCodes.InvalidRequest);
        Assert.Equal(points, (await RunAsync("recoverypoint list --vault-name docs --item-name papers")).Output);
        Assert.DoesNotContain("keepDaily\":36526", (await RunAsync("policy list --vault-name docs")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("http://kv1.vault.localhost/keys/kek")]
    [InlineData("https://kv1.vault.localhost/secrets/kek")]
    [InlineData("https://kv1.vault.localhost/keys/")]
    [InlineData("https://kv1.vault.localhost/keys/kek/notaversion")]
    [InlineData("https://kv1.vault.localhost/keys/kek?x=1")]
    public async Task EncryptionUpdate_BadKeyUri_IsRefusedAndChangesNothing(string uri)
    {
        var before = (await RunAsync("vault encryption show --name docs")).Output;
        (await RunAsync($"vault encryption update --name docs --encryption-key-id {uri}")).Refuses(ErrorCodes.UserErrorCMKInvalidKeyUri);
        Assert.Equal(before, (await RunAsync("vault encryption show --name docs")).Output);
    }

    [Fact]
    [Trait("Requirement", "R11")]
    public async Task ProtectionEnable_SourceMissing_IsRefusedAndTheAttemptStaysRecorded()
    {
        (await RunAsync("vault create --name attempted --location home")).Exits(0);
        var refused = await RunAsync("protection enable --vault-name attempted --item-name i --source {place}/missing");
        Assert.Contains("attempt is recorded", refused.Refuses(ErrorCodes.SourceNotFound).Error, StringComparison.Ordinal);
        await RequireAttemptCountsAsync("attempted", ErrorCodes.SourceNotFound);
    }

    [LinuxRootFact]
    [Trait("Requirement", "R11")]
    public async Task ProtectionEnable_SourceUnreadable_IsRefusedAndTheAttemptStaysRecorded()
    {
        (await RunAsync("vault create --name unreadable --location home")).Exits(0);
        var source = Directory.CreateDirectory(Place["secret"], UnixFileMode.None).FullName;
        await using var process = RvaultProcess.StartWithoutPowers([
            "protection",
            "enable",
            "--vault-name",
            "unreadable",
            "--item-name",
            "i",
            "--source",
            source,
            .. Place.Options,
            "-o",
            "json",
        ]);
        (await process.EndAsync()).Refuses(ErrorCodes.SourceUnreadable);
        await RequireAttemptCountsAsync("unreadable", ErrorCodes.SourceUnreadable);
    }

    [Fact]
    public async Task ProtectionEnable_NameBreaksTheRules_IsNoAttempt()
    {
        (await RunAsync("vault create --name untouched --location home")).Exits(0);
        (await RunAsync("protection enable --vault-name untouched --item-name a/b --source {place}/Documents")).Refuses(
            ErrorCodes.InvalidName
        );
        Assert.Equal("", (await RunAsync("vault show --name untouched"))["protectionAttemptedTime"]);
    }

    [Fact]
    public async Task BackupNow_SourceWent_FailsAndItsJobSaysWhy()
    {
        var source = Directory.CreateDirectory(Place["passing"]).FullName;
        (await RunAsync("protection enable --vault-name docs --item-name passing --source {place}/passing")).Exits(0);
        Directory.Delete(source);
        (await RunAsync("protection backup-now --vault-name docs --item-name passing")).Refuses(ErrorCodes.SourceNotFound);
        var job = (await RunAsync("job list --vault-name docs --status failed --operation backup")).Json[0];
        Assert.Equal("passing", job.GetProperty("itemName").GetString());
        Assert.Equal(ErrorCodes.SourceNotFound, job.GetProperty("errorDetails")[0].GetProperty("code").GetString());
        (await RunAsync($"job wait --vault-name docs --name {job.GetProperty("jobId")}")).Refuses(ErrorCodes.SourceNotFound);
        (await RunAsync($"job stop --vault-name docs --name {job.GetProperty("jobId")}")).Refuses(ErrorCodes.JobNotRunning);
    }

    [Fact]
    public async Task RestoreRun_TargetNotEmpty_IsRefusedAndLeavesIt()
    {
        var target = Directory.CreateDirectory(Place["occupied"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(target, "mine"), "untouched");
        (await RunAsync("restore run --vault-name docs --item-name papers --target {place}/occupied")).Refuses(ErrorCodes.TargetNotEmpty);
        Assert.Equal(["mine"], Directory.EnumerateFileSystemEntries(target).Select(Path.GetFileName));
        (await RunAsync("restore run --vault-name docs --item-name papers --target {place}/occupied --overwrite")).Exits(0);
        Assert.Equal("Dear Anna", await File.ReadAllTextAsync(Path.Combine(target, "latest")));
    }

    [Fact]
    public async Task RestoreRun_FailsBeforeItsFirstFile_LeavesNoTarget()
    {
        (await RunAsync("restore run --vault-name docs --item-name papers --rp-name none --target {place}/never")).Exits(1);
        Assert.False(Directory.Exists(Place["never"]));
    }

    [Fact]
    [Trait("Requirement", "R62")]
    public async Task VaultMove_CustomerManagedKey_IsRefused() =>
        (await RunAsync("vault move --name docs --resource-group other")).Refuses(ErrorCodes.UserErrorCMKVaultMoveNotSupported);

    private async Task RequireAttemptCountsAsync(string vault, string code)
    {
        Assert.NotEqual("", (await RunAsync($"vault show --name {vault}"))["protectionAttemptedTime"]);
        var job = (await RunAsync($"job list --vault-name {vault} --operation ConfigureBackup")).Json[0];
        Assert.Equal("Failed", job.GetProperty("status").GetString());
        Assert.Equal(code, job.GetProperty("errorDetails")[0].GetProperty("code").GetString());
        (await RunAsync($"vault identity assign --name {vault} --system-assigned")).Exits(0);
        (await RunAsync($"vault encryption update --name {vault} --key-vault-name kv1 --key-name kek")).Refuses(
            ErrorCodes.UserErrorCMKProtectionAttempted
        );
    }

    private Task<CommandResult> RunAsync(string command) =>
        Place.RunAsync(command.Replace("{place}", Place[""].TrimEnd('/'), StringComparison.Ordinal).Split(' '));
}
