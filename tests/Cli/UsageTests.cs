using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary>Wrong usage: exit code 2, a message a person understands, nothing on standard output, nothing touched.</summary>
[Collection(CommandLineCollection.Name)]
public sealed class UsageTests(ReadmeStory story)
{
    [Theory]
    [InlineData("", "needs a command")]
    [InlineData("vault", "rvault vault needs a command")]
    [InlineData("vault shwo --name docs", "has no command 'shwo'")]
    [InlineData("policy create --vault-name docs --name p", "at least one of --keep-last")]
    [InlineData("policy create --vault-name docs --name p --keep-daily -1", "--keep-daily takes a whole number")]
    [InlineData("policy set --vault-name docs --keep-daily 1", "'--name' is required")]
    [InlineData("item set-policy --vault-name docs --item-name papers", "either --policy-name or --no-policy")]
    [InlineData("item set-policy --vault-name docs --item-name papers --no-policy --policy-name p", "either --policy-name or --no-policy")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --retain-until tomorrow", "--retain-until takes a time")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --retain-until 01/02/2099", "--retain-until takes a time")]
    [InlineData("identity rename --name i", "has no command 'rename'")]
    [InlineData("vault identity assign --name docs", "Say which identity")]
    [InlineData("vault encryption update --name docs --encryption-key-id u --mi-system-assigned --mi-user-assigned i", "Name one identity")]
    [InlineData("store reclaim everything", "everything")]
    [InlineData("store reclaim --dry-run=maybe", "maybe")]
    [InlineData("protection resume --vault-name docs --item-name papers", "has no command 'resume'")]
    [InlineData("recoverypoint delete --vault-name docs --item-name papers", "'--rp-name' is required")]
    [InlineData("vault show", "'--name' is required")]
    [InlineData("vault show --name docs extra", "extra")]
    [InlineData("vault show --name docs --no-such-option", "--no-such-option")]
    [InlineData("vault encryption update --name docs --key-vault-name kv1 --key-name kek --dry-run=maybe", "maybe")]
    [InlineData("vault encryption update --name docs --key-vault-name kv1 --key-name kek --report r.json", "goes with --dry-run")]
    [InlineData("report verify", "'--in' is required")]
    [InlineData("report verify --in r.json --max-age soon", "--max-age takes a whole number")]
    [InlineData("protection disable --vault-name docs --item-name papers --delete-everything", "--delete-everything")]
    [InlineData("vault show --name docs --wait soon", "--wait takes a number of seconds, 0 or more, got 'soon'")]
    [InlineData("vault show --name docs --wait -1", "--wait")]
    [InlineData("vault create --name docs2 --location home --tags novalue", "'novalue' is no tag")]
    [InlineData("vault move --name docs", "--resource-group")]
    [InlineData("vault identity assign --name docs", "--system-assigned")]
    [InlineData("vault identity remove --name docs", "--system-assigned")]
    [InlineData("vault encryption update --name docs", "Name the key")]
    [InlineData("vault encryption update --name docs --key-vault-name kv1", "Name the key")]
    [InlineData("vault encryption update --name docs --encryption-key-id u --key-vault-name kv1 --key-name k", "Name the key")]
    [InlineData("keyvault create --name kv3 --location home --enable-purge-protection maybe", "maybe")]
    [InlineData("keyvault create --name kv3 --location home --default-action maybe", "Allow, Deny, got 'maybe'")]
    [InlineData("keyvault create --name kv3 --location home --retention-days week", "--retention-days takes a whole number")]
    [InlineData("keyvault key create --vault-name kv1 --name k --kty DSA", "DSA")]
    [InlineData("keyvault key set-attributes --vault-name kv1 --name kek --expires tomorrow", "--expires takes a time")]
    [InlineData("protection backup-now --vault-name docs --item-name papers stray", "Unrecognized command or argument 'stray'")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --stdin --rescan", "leave out --rescan")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --stdin --source /tmp", "leave out --source")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --stdin-from-command", "takes a command after --")]
    [InlineData("protection enable --vault-name docs --item-name s --source - --exclude *.tmp", "leave out --exclude")]
    [InlineData("protection enable --vault-name docs --item-name s --source - --one-file-system", "leave out --one-file-system")]
    [InlineData("job wait --vault-name docs --name j --timeout soon", "--timeout takes a whole number")]
    [InlineData("job list --vault-name docs --status Finished", "--status takes one of InProgress,")]
    public async Task Command_WrongUsage_ExitsWith2(string command, string message)
    {
        var result = (await story.Place.RunAsync(command.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Exits(2);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("RecoveryVault.", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("protection enable --vault-name docs --item-name e --source")]
    [InlineData("protection backup-now --vault-name docs --item-name papers --source")]
    [InlineData("restore run --vault-name docs --item-name papers --target")]
    [InlineData("keyvault backup --out")]
    [InlineData("report verify --in")]
    [InlineData("report verify --in r.json --public-key")]
    [InlineData("report public-key --out")]
    [InlineData("vault encryption versions --name docs --report")]
    [InlineData("keyvault restore --in")]
    [InlineData("quickstart")]
    public async Task Command_EmptyPath_ExitsWith2(string command)
    {
        var result = (await story.Place.RunAsync([.. command.Split(' '), ""])).Exits(2);
        Assert.Contains("is empty", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_UnknownOutput_ExitsWith2()
    {
        var result = (await story.Place.RunForPeopleAsync("vault", "show", "--name", "docs", "-o", "yaml")).Exits(2);
        Assert.Contains("'yaml' not recognized", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ArgumentBeginsWithAt_IsNoFileOfArguments()
    {
        var file = story.Place["arguments"];
        await File.WriteAllTextAsync(file, "docs");
        (await story.Place.RunAsync("vault", "show", "--name", $"@{file}")).Refuses(ErrorCodes.InvalidName);
    }

    [Fact]
    public async Task Command_NamesACluster_IsRefused() =>
        (await story.Place.RunAsync("vault", "list", "--cluster", "127.0.0.1:30000")).Refuses(ErrorCodes.ClusterUnavailable);
}
