using System.Text.Json.Nodes;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary>Signed reports from the store to the auditor, and what becomes of those that somebody changed on the way.</summary>
[Collection(CommandLineCollection.Name)]
public sealed class ReportCommandTests : IAsyncLifetime, IDisposable
{
    private readonly CommandPlace _place = new();

    private static readonly string[] Change = ["vault", "encryption", "update", "--name", "docs", "--key-vault-name", "kv1"];

    public Task InitializeAsync() => _place.CreateVaultAsync();

    [Fact]
    public async Task DryRun_WouldBeRefused_FailsWithThatCodeAndStillReports()
    {
        var refused = (await _place.RunAsync([.. Change, "--key-name", "none", "--dry-run", "--report", _place["r.json"]])).Exits(1);
        Assert.Equal(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, refused.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.False(refused.Json.GetProperty("report").GetProperty("accepted").GetBoolean());
        Assert.Contains(ErrorCodes.UserErrorCMKKeyVaultAuthFailure, refused.Error, StringComparison.Ordinal);
        (await _place.RunAsync("report", "verify", "--in", _place["r.json"])).Exits(0);

        var shown = (await _place.RunForPeopleAsync([.. Change, "--key-name", "none", "--dry-run"])).Exits(1);
        Assert.Contains("The change would be refused. Nothing was changed.", shown.Output, StringComparison.Ordinal);
        Assert.Contains("NO", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_Taken_ChangesNoFileOfTheStore()
    {
        await _place.ProtectAsync("papers");
        (await _place.RunAsync("keyvault", "key", "create", "--vault-name", "kv1", "--name", "next", "--kty", "RSA")).Exits(0);
        var before = Files();

        var shown = (await _place.RunForPeopleAsync([.. Change, "--key-name", "next", "--dry-run"])).Exits(0);

        Assert.Equal(before, Files());
        Assert.Contains("The change would be taken. Nothing was changed.", shown.Output, StringComparison.Ordinal);
        Assert.Contains("1, of which 1 would be re-wrapped", shown.Output, StringComparison.Ordinal);
        Assert.Matches(@"Signed 2\d{3}-.* with the key of platform:1, SHA-256 [0-9a-f]{64}\.", shown.Output);
    }

    [Fact]
    public async Task Verify_ReportOnItsWay_IsToldFromOthers()
    {
        var (file, key) = (_place["versions.json"], _place["reports.pem"]);
        (await _place.RunAsync("vault", "encryption", "versions", "--name", "docs", "--report", file)).Exits(0);
        (await _place.RunAsync("report", "public-key", "--out", key)).Exits(0);
        string[] verify = ["report", "verify", "--public-key", key, "-o", "json", "--in"];
        var good = (await CommandPlace.RunBareAsync([.. verify, file])).Exits(0);
        Assert.Equal("publicKey", good["comparedWith"]);
        var vaultId = good["vaultId"];

        (await CommandPlace.RunBareAsync([.. verify, file, "--vault-id", vaultId, "--max-age", "1"])).Exits(0);
        (await CommandPlace.RunBareAsync([.. verify, file, "--vault-id", new string('0', 32)])).Refuses(ErrorCodes.ReportOtherVault);
        (await CommandPlace.RunBareAsync([.. verify, file, "--max-age", "0"])).Refuses(ErrorCodes.ReportOutdated);
        (await CommandPlace.RunBareAsync([.. verify, Tampered(file)])).Refuses(ErrorCodes.ReportTampered);
        (await CommandPlace.RunBareAsync([.. verify, key])).Refuses(ErrorCodes.ReportUnreadable);
        (await CommandPlace.RunBareAsync([.. verify, _place["none"]])).Refuses(ErrorCodes.InvalidRequest);
        (await _place.RunAsync("report", "verify", "--in", file, "--public-key", file)).Refuses(ErrorCodes.InvalidRequest);
        (await _place.RunAsync("vault", "encryption", "versions", "--name", "docs", "--report", file)).Refuses(ErrorCodes.InvalidRequest);

        using var other = new CommandPlace();
        (await other.RunAsync("vault", "create", "--name", "other", "--location", "home")).Exits(0);
        (await other.RunAsync("report", "verify", "--in", file)).Refuses(ErrorCodes.ReportOtherKey);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _place.Dispose();

    private string Tampered(string file)
    {
        var changed = JsonNode.Parse(File.ReadAllText(file))!;
        changed["report"]!["versions"]![0]!["safeToDisable"] = true;
        File.WriteAllText(_place["tampered.json"], changed.ToJsonString());
        return _place["tampered.json"];
    }

    /// <summary>Without the file that names the process which had the store last.</summary>
    private List<(string Name, string Content)> Files() =>
        [
            .. Directory
                .EnumerateFiles(_place.Store, "*", SearchOption.AllDirectories)
                .Where(file => file != Path.Combine(_place.Store, ".rvault", "lock"))
                .Order(StringComparer.Ordinal)
                .Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))),
        ];
}
