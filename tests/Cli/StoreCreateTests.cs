using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault store create</c> on a directory.</summary>
[Collection(CommandLineCollection.Name)]
public sealed class StoreCreateTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Create_WhereAStoreIs_RefusesAndLeavesItAsItWas()
    {
        var made = (await _place.RunAsync("store", "create")).Exits(0);
        var again = await _place.RunAsync("store", "create");

        Assert.Equal(1, again.ExitCode);
        Assert.Equal(ErrorCodes.StoreNotEmpty, again.RefusalCode);
        (await _place.RunAsync("vault", "list")).Exits(0);
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        Assert.Equal(["store", "storeId", "serviceId", "keys"], made.Json.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Create_WithItsKeysInTheStore_IsRefusedAndMakesNothing()
    {
        var result = await CommandPlace.RunBareAsync([
            "store",
            "create",
            "--store",
            _place.Store,
            "--keys",
            Path.Combine(_place.Store, "keys"),
            "-o",
            "json",
        ]);

        Assert.Equal(1, result.ExitCode);
        Assert.False(Directory.Exists(_place.Store) && Directory.EnumerateFileSystemEntries(_place.Store).Any());
    }
}
