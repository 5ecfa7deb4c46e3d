using System.Runtime.Versioning;
using System.Text.Json;
using RecoveryVault.Errors;

namespace RecoveryVault.Tests.Cli;

/// <summary><c>rvault store platform-key</c>: list, rotate, remove, and kits from before.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class PlatformKeyCommandTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public PlatformKeyCommandTests() => Environment.SetEnvironmentVariable("RVAULT_PASSPHRASE", "four random words suffice");

    public void Dispose() => _place.Dispose();

    private async Task<JsonElement[]> ListAsync() =>
        [.. (await _place.RunAsync("store", "platform-key", "list")).Exits(0).Json.EnumerateArray()];

    private Task<CommandResult> RemoveAsync(int id) => _place.RunAsync("store", "platform-key", "remove", "--id", $"{id}");

    private async Task RestoreAsync() =>
        (await _place.RunOnItemAsync("papers", "restore", "run", "--target", _place[$"out-{Guid.NewGuid():n}"])).Exits(0);

    private async Task CreateAsync()
    {
        (await _place.RunAsync("vault", "create", "--name", "docs", "--location", "home")).Exits(0);
        await _place.ProtectAsync("papers");
        (await _place.RunOnItemAsync("papers", "protection", "backup-now")).Exits(0);
    }

    [Fact]
    public async Task Remove_KeyInForceOrNeededOrUnknown_IsRefused()
    {
        await CreateAsync();

        (await RemoveAsync(1)).Refuses(ErrorCodes.PlatformKeyInUse);
        (await RemoveAsync(9)).Refuses(ErrorCodes.PlatformKeyNotFound);
        await RestoreAsync();
    }

    [Fact]
    public async Task Rotate_ThenRemove_KeepsEverythingRestorable_AndLocksKitsFromBeforeOut()
    {
        await CreateAsync();
        (await _place.RunAsync("keyvault", "backup", "--out", _place["before.rvkit"])).Exits(0);
        var foreseen = (await _place.RunAsync("store", "platform-key", "rotate", "--dry-run")).Exits(0).Json;
        Assert.Equal(2, foreseen.GetProperty("keyId").GetInt32());
        Assert.Single(await ListAsync());

        var rotated = (await _place.RunAsync("store", "platform-key", "rotate")).Exits(0);

        Assert.Contains("Take a new recovery kit", rotated.Error, StringComparison.Ordinal);
        Assert.True(rotated.Json.GetProperty("recordsRenewed").GetInt64() > 0);
        var keys = await ListAsync();
        Assert.Equal(["Old", "InForce"], keys.Select(k => k.GetProperty("state").GetString()));
        Assert.True(keys[0].GetProperty("canBeRemoved").GetBoolean(), keys[0].ToString());
        Assert.False(keys[1].GetProperty("canBeRemoved").GetBoolean());
        await RestoreAsync();
        (await _place.RunAsync("keyvault", "backup", "--out", _place["after.rvkit"])).Exits(0);

        (await RemoveAsync(1)).Exits(0);

        Assert.Single(await ListAsync());
        await RestoreAsync();
        (await _place.RunOnItemAsync("papers", "protection", "backup-now")).Exits(0);
        (await _place.RunAsync("activity-log", "verify", "--vault-name", "docs")).Exits(0);
        (await _place.RunAsync("store", "verify")).Exits(0);
        Directory.Delete(_place.Keys, recursive: true);
        (await _place.RunAsync("keyvault", "restore", "--in", _place["before.rvkit"])).Refuses(ErrorCodes.WrongPlatformKey);
        (await _place.RunAsync("keyvault", "restore", "--in", _place["after.rvkit"])).Exits(0);
        await RestoreAsync();
    }
}
