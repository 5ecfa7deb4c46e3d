using System.Runtime.Versioning;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault store rebuild</c> on real files.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class StoreRebuildCommandTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Rebuild_RecordsGone_ForeseesThenRebuildsThenKeeps()
    {
        (await CommandPlace.RunBareAsync("store", "rebuild", "--cluster", "127.0.0.1:1", "-o", "json")).Refuses(ErrorCodes.InvalidRequest);
        (await _place.RunAsync("store", "rebuild")).Refuses(ErrorCodes.StoreNotFound);
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        await _place.ProtectAsync("papers");
        (await _place.RunOnItemAsync("papers", "protection", "backup-now")).Exits(0);
        foreach (var folder in (string[])["grainstate", "names"])
            Directory.Delete(Path.Join(_place.Store, folder), recursive: true);
        (await _place.RunAsync("vault", "show", "--name", "docs")).Refuses(ErrorCodes.VaultNotFound);

        var foreseen = (await _place.RunAsync("store", "rebuild", "--dry-run")).Exits(0).Json;
        Assert.False(Directory.Exists(Path.Join(_place.Store, "grainstate")));
        var rebuilt = (await _place.RunAsync("store", "rebuild")).Exits(0).Json;

        foreach (var count in (string[])["vaultsRebuilt", "itemsRebuilt"])
            Assert.Equal((1, 1), (foreseen.GetProperty(count).GetInt32(), rebuilt.GetProperty(count).GetInt32()));
        Assert.Equal(2, rebuilt.GetProperty("namesRebuilt").GetInt32());
        (await _place.RunOnItemAsync("papers", "restore", "run", "--target", _place["out"])).Exits(0);
        var again = (await _place.RunForPeopleAsync("store", "rebuild")).Exits(0);
        Assert.Contains("0 vault(s), 0 item(s) and 0 name(s) rebuilt, 0 could not be.", again.Output, StringComparison.Ordinal);
    }
}
