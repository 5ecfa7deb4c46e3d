using System.Text.Json;
using System.Text.RegularExpressions;

namespace RecoveryVault.Tests.Cli;

/// <summary>The JSON that scripts rely on: one document, the contract's names, times in UTC, bare key versions.</summary>
[Collection(CommandLineCollection.Name)]
public sealed partial class JsonShapeTests(ReadmeStory story)
{
    private const string Key = "key attributes";
    private const string KeyVault = "id name location properties";
    private const string Vault = "name location identity encryption";
    private const string Encryption =
        "encryptionAtRestType keyUri keyVersion subscriptionId identity lastUpdateStatus infrastructureEncryptionState";
    private const string UserIdentity = "id name principalId clientId tenantId";
    private const string Identity = "type principalId tenantId userAssignedIdentities";
    private const string Job =
        "jobId operation status itemName startTime endTime durationSeconds errorDetails progressPercentage tasksList";
    private const string Item = "id name state source keyVersion";
    private const string Point = "name time sizeBytes seq prevHash keyVersion keyVersionAtBackup status expires";
    private const string Verified = "kind time storeId vaultId vaultName generation keyId fingerprint comparedWith report";
    private const string Policy = "name keepLast keepDaily keepWeekly keepMonthly keepYearly";
    private const string Reclaimed = "dryRun recoveryPointsExpired recoveryPointsPurged bytesFreed bytesRewritten bytesWaiting items error";
    private const string Rebuilt = "dryRun vaultsRebuilt itemsRebuilt namesRebuilt refused vaults problems";
    private const string OnItem = "--vault-name docs --item-name papers";

    /// <summary>Commands in the order they are run, what they print ([] means an array), and the names the contract gives it.</summary>
    private static readonly (string Command, string Properties)[] Shapes =
    [
        ("keyvault create --name kv2 --location home --retention-days 7", KeyVault),
        ("keyvault show --name kv2", KeyVault),
        ("keyvault list", "[] " + KeyVault),
        ("keyvault update --name kv2 --default-action Deny", KeyVault),
        ("keyvault update --name kv2 --default-action allow", KeyVault),
        ("keyvault set-policy --name kv2 --object-id 00000000-0000-0000-0000-000000000001 --key-permissions get", KeyVault),
        ("keyvault delete-policy --name kv2 --object-id 00000000-0000-0000-0000-000000000001", KeyVault),
        ("keyvault assign-role --name kv2 --object-id 00000000-0000-0000-0000-000000000001 --role {role}", KeyVault),
        ("keyvault remove-role --name kv2 --object-id 00000000-0000-0000-0000-000000000001 --role {role}", KeyVault),
        ("keyvault key create --vault-name kv2 --name k --kty EC", Key),
        ("keyvault key rotate --vault-name kv2 --name k", Key),
        ("keyvault key show --vault-name kv2 --name k", Key),
        ("keyvault key list-versions --vault-name kv2 --name k", "[] kid attributes"),
        ("keyvault key set-attributes --vault-name kv2 --name k --enabled false --expires 2090-01-01", Key),
        ("keyvault key delete --vault-name kv2 --name k", Key),
        ("keyvault key recover --vault-name kv2 --name k", Key),
        ("keyvault key delete --vault-name kv2 --name k", Key),
        ("keyvault key purge --vault-name kv2 --name k", "vaultName name"),
        ("keyvault backup --out {place}/second.rvkit", "file storeId blobs"),
        ("keyvault restore --in {place}/second.rvkit", "file storeId blobs"),
        ("identity create --name i", UserIdentity),
        ("identity show --name i", UserIdentity),
        ("identity list", "[] " + UserIdentity),
        ("identity delete --name i", UserIdentity),
        ("vault create --name empty --location home --resource-group rg --subscription s --tags a=1 b=2", Vault),
        ("vault show --name docs", Vault),
        ("vault list", "[] " + Vault),
        ("vault move --name empty --resource-group other", Vault),
        ("vault identity assign --name empty --system-assigned", Identity),
        ("vault identity show --name empty", Identity),
        ("vault identity remove --name empty --system-assigned", Identity),
        ("vault private-endpoint add --name empty --endpoint-name office", Vault + " privateEndpoints"),
        ("vault private-endpoint remove --name empty --endpoint-name office", Vault + " privateEndpoints"),
        ("vault backup-properties set --name empty --soft-delete-duration 30", Vault + " softDeleteRetentionPeriodInDays"),
        ("vault backup-properties set --name empty --soft-delete-duration 14", Vault + " shorterPeriodInDays shorterPeriodFromTime"),
        ("vault undelete --name empty", Vault),
        ("vault list-deleted", "[]"),
        ("vault delete --name empty", Vault),
        ("vault encryption show --name docs", Encryption),
        ("vault encryption update --name docs --encryption-key-id https://kv1.vault.localhost/keys/kek --mi-system-assigned", Encryption),
        (
            "vault encryption update --name docs --key-vault-name kv1 --key-name kek --dry-run --report {place}/change.json",
            "report signature error"
        ),
        ("vault encryption sync --name docs", Encryption),
        ("vault encryption versions --name docs", "[] keyVersion keyId state neededBy safeToDisable"),
        ("vault encryption versions --name docs --report {place}/versions.json", "report signature"),
        ("report public-key --out {place}/reports.pem", "[] keyId current fingerprint publicKeyPem"),
        ("report verify --in {place}/versions.json --public-key {place}/reports.pem --max-age 1", Verified),
        ("report verify --in {place}/change.json", Verified),
        ("vault checklist --name docs", "[] name met fix"),
        ("alert list --vault-name docs", "[]"),
        ("activity-log list --vault-name docs", "[] seq time caller operation status correlationId details"),
        ("activity-log verify --vault-name docs", "entriesChecked checkpointsChecked witnessesAgreeing keyIds"),
        ("protection enable --vault-name docs --item-name second --source {place}/Documents/letters", Item),
        ("protection disable --vault-name docs --item-name second", Item),
        ("protection disable --vault-name docs --item-name second --delete-backup-data --reason tests", Item),
        ("protection undelete --vault-name docs --item-name second", Item),
        (
            "protection backup-now --rescan --retain-until 2099-12-31T00:00:00Z " + OnItem,
            "jobId retainUntil recoveryPoint seq headHash status filesTotal filesUnreadable filesExcluded bytesRead bytesNew bytesStored keyVersion durationSeconds"
        ),
        ("policy create --vault-name docs --name careful --keep-daily 7 --keep-last 1000", Policy),
        ("policy set --vault-name docs --name careful --keep-weekly 5", Policy),
        ("policy list --vault-name docs", "[] " + Policy),
        ("item set-policy --policy-name careful " + OnItem, Item + " policy"),
        ("policy show --vault-name docs --name careful", Policy + " items itemCount"),
        ("item set-policy --no-policy " + OnItem, Item + " policy"),
        ("policy delete --vault-name docs --name careful", Policy),
        ("item list --vault-name docs", "[] " + Item),
        ("item show " + OnItem, Item),
        ("recoverypoint list " + OnItem, "[] " + Point),
        ("recoverypoint show " + OnItem, Point),
        ("recoverypoint delete --rp-name {oldest} --reason tests " + OnItem, Point + " deletedAt deletionReason"),
        ("recoverypoint list " + OnItem, "[] " + Point),
        ("recoverypoint undelete --rp-name {oldest} " + OnItem, Point),
        ("recoverypoint files " + OnItem, "[] path type mode size modified"),
        ("recoverypoint verify --read-data " + OnItem, "recoveryPoint filesDamaged"),
        ("restore run --target {place}/shapes " + OnItem, "jobId recoveryPoint entriesTotal bytesWritten durationSeconds"),
        ("job list --vault-name docs", "[] " + Job),
        ("job show --vault-name docs --name {job}", Job),
        ("job wait --vault-name docs --name {job}", Job),
        ("store platform-key list", "[] id createdTime state records keyRings sealedObjects vaults canBeRemoved"),
        ("store platform-key rotate --dry-run", "dryRun keyId recordsRenewed vaultsRewrapped refused"),
        ("store platform-key rotate", "dryRun keyId recordsRenewed vaultsRewrapped refused"),
        ("store platform-key remove --id 1", "id"),
        ("store verify", "objects bytes damaged"),
        ("store reclaim --dry-run", Reclaimed),
        ("store reclaim", Reclaimed),
        ("store rebuild --dry-run", Rebuilt),
        ("store rebuild", Rebuilt),
    ];

    [Fact]
    public async Task Json_OfEveryCommand_IsTheContracts()
    {
        foreach (var (command, properties) in Shapes)
        {
            var result = (await RunAsync(command)).Exits(0);
            Check(result, properties.Split(' '));
        }
    }

    [Fact]
    public void Json_Table_HoldsEveryCommand()
    {
        // Those that make or serve a store have tests of their own; no job is under way that could be stopped, and no vault was destroyed.
        var shown = Shapes.Select(s => string.Join(' ', s.Command.Split(' ').TakeWhile(w => !w.StartsWith('-'))));
        Assert.Equal(
            CommandTree.Leaves.Except(["quickstart", "job stop", "serve", "silo", "store create", "vault show-proof"]).Order(),
            shown.Distinct().Order()
        );
    }

    [Fact]
    public async Task Json_GlobalOptions_MayStandBeforeTheCommand()
    {
        var (before, after) = (await RunFirstAsync("vault show --name docs"), await RunAsync("vault show --name docs"));
        Assert.Equal(after.Exits(0).Output, before.Exits(0).Output);
    }

    [Fact]
    public async Task Json_KeyBundle_NamesTheVersionAtTheEndOfItsKid()
    {
        var kid = (await RunAsync("keyvault key show --vault-name kv1 --name kek")).Json.GetProperty("key").GetProperty("kid").GetString();
        var encryption = (await RunAsync("vault encryption show --name docs")).Json;
        Assert.Equal($"https://kv1.vault.localhost/keys/kek/{encryption.GetProperty("keyVersion").GetString()}", kid);
    }

    [Fact]
    public async Task Json_RecoveryPoints_AreNewestFirstAndChained()
    {
        (await RunAsync("protection backup-now " + OnItem)).Exits(0);
        var points = (await RunAsync("recoverypoint list " + OnItem)).Json.EnumerateArray().ToList();
        Assert.True(points.Count > 1);
        Assert.All(
            points.Zip(points.Skip(1)),
            pair =>
            {
                Assert.Equal(pair.Second.GetProperty("seq").GetInt64() + 1, pair.First.GetProperty("seq").GetInt64());
                Assert.Equal(pair.Second.GetProperty("headHash").GetString(), pair.First.GetProperty("prevHash").GetString());
            }
        );
    }

    [Fact]
    public async Task Json_PlatformManagedVault_NamesNoKeyVersion()
    {
        (await RunAsync("vault create --name pmk --location home")).Exits(0);
        (await RunAsync("protection enable --vault-name pmk --item-name i --source {place}/Documents")).Exits(0);
        var backup = (await RunAsync("protection backup-now --vault-name pmk --item-name i")).Exits(0);
        Check(backup, ["keyVersion"]);
        Assert.Equal(JsonValueKind.Null, backup.Json.GetProperty("keyVersion").ValueKind);
        Assert.Equal("[]", (await RunAsync("vault encryption versions --name pmk")).Exits(0).Output.Trim());
    }

    private async Task<CommandResult> RunAsync(string command) => await story.Place.RunAsync(await WordsAsync(command));

    private async Task<CommandResult> RunFirstAsync(string command) =>
        await CommandPlace.RunBareAsync(["-o", "json", .. story.Place.Options, .. await WordsAsync(command)]);

    private async Task<string[]> WordsAsync(string command)
    {
        var job = command.Contains("{job}", StringComparison.Ordinal)
            ? (await RunAsync("job list --vault-name docs --status completed --operation Backup")).Json[0].GetProperty("jobId").GetString()
            : "";
        var oldest = command.Contains("{oldest}", StringComparison.Ordinal)
            ? (await RunAsync("recoverypoint list " + OnItem)).Json.EnumerateArray().Last().GetProperty("name").GetString()
            : "";
        string[] words = command.Split(' ');
        return
        [
            .. words.Select(word =>
                word.Replace("{role}", "Key Vault Crypto Officer", StringComparison.Ordinal)
                    .Replace("{oldest}", oldest, StringComparison.Ordinal)
                    .Replace("{place}", story.Place[""].TrimEnd('/'), StringComparison.Ordinal)
                    .Replace("{job}", job, StringComparison.Ordinal)
            ),
        ];
    }

    private static void Check(CommandResult result, string[] properties)
    {
        var document = result.Json;
        var isList = properties[0] == "[]";
        Assert.Equal(isList ? JsonValueKind.Array : JsonValueKind.Object, document.ValueKind);
        foreach (var entry in isList ? document.EnumerateArray().ToArray() : [document])
        {
            var names = entry.EnumerateObject().Select(p => p.Name).ToList();
            Assert.True(
                properties[isList ? 1.. : 0..].All(names.Contains),
                $"{result.Command}: want {string.Join(' ', properties)}, got {string.Join(' ', names)}"
            );
        }
        Walk(result.Command, "", document);
    }

    private static void Walk(string command, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in value.EnumerateArray())
                Walk(command, name, element);
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                // Key Vault's own bundle says key_ops.
                Assert.True(CamelCase().IsMatch(property.Name) || property.Name == "key_ops", $"{command}: {property.Name}");
                Walk(command, property.Name, property.Value);
            }
        }
        else if (value.ValueKind == JsonValueKind.String)
        {
            CheckText(command, name, value.GetString() ?? "");
        }
    }

    private static void CheckText(string command, string name, string text)
    {
        if (name.EndsWith("Time", StringComparison.Ordinal) || name is "time" or "expires" or "modified")
            Assert.True(UtcTime().IsMatch(text), $"{command}: {name} is '{text}'");
        if (name.StartsWith("keyVersion", StringComparison.Ordinal) || name == "previousKeyVersion")
            Assert.True(BareVersion().IsMatch(text), $"{command}: {name} is '{text}'");
        if (name == "kid")
            Assert.Matches(@"^https://[a-z0-9-]+\.vault\.localhost/keys/[A-Za-z0-9-]+/[0-9a-f]{32}$", text);
    }

    [GeneratedRegex("^[a-z][a-zA-Z0-9]*$")]
    private static partial Regex CamelCase();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex UtcTime();

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex BareVersion();
}
