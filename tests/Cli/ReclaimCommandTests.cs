using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault store reclaim</c> on a store of files: what it prints and how it ends.</summary>
[Collection(CommandLineCollection.Name)]
public sealed class ReclaimCommandTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Reclaim_NoStore_Fails() =>
        Assert.Contains(ErrorCodes.StoreNotFound, (await _place.RunAsync("store", "reclaim")).Exits(1).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Reclaim_OneItemCannotBeRead_DoesTheOtherAndFails()
    {
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        Assert.Contains(
            "nothing to reclaim",
            (await _place.RunForPeopleAsync("store", "reclaim")).Exits(0).Output,
            StringComparison.Ordinal
        );
        foreach (var item in new[] { "first", "second" })
        {
            await _place.ProtectAsync(item);
            (await _place.RunOnItemAsync(item, "protection", "backup-now")).Exits(0);
        }
        File.Delete(Stored("manifests")[0]);

        var result = (await _place.RunAsync("store", "reclaim")).Exits(1);
        var packs = Stored("packs");
        var shown = (await _place.RunForPeopleAsync("store", "reclaim", "--dry-run")).Exits(1);

        Assert.Equal(ErrorCodes.DataMissing, result.Json.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(
            ["Completed", "Failed"],
            result.Json.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("status").GetString()).Order()
        );
        Assert.Contains("nothing was deleted", result.Error, StringComparison.Ordinal);
        Assert.Contains("Dry run, nothing was changed.", shown.Output, StringComparison.Ordinal);
        Assert.Equal(2, packs.Count);
        Assert.Equal(packs, Stored("packs"));
    }

    private List<string> Stored(string folder) =>
        [
            .. Directory
                .EnumerateFiles(_place.Store, "*", SearchOption.AllDirectories)
                .Where(f => f.Contains($"/{folder}/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
}
