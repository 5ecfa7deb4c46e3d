using System.Runtime.Versioning;

namespace RecoveryVault.Tests.Cli;

/// <summary>A recovery kit is a copy: whoever makes a key version after it is told that it lacks that version.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class EarlierKitTests
{
    [Fact]
    public async Task KeyVersion_MadeAfterTheFirst_SaysThatEarlierKitsLackIt()
    {
        using var place = new CommandPlace();
        string[] create = ["keyvault", "key", "create", "--vault-name", "kv1", "--name", "kek"];
        (await place.RunAsync("keyvault", "create", "--name", "kv1", "--location", "home")).Exits(0);

        var first = (await place.RunAsync(create)).Exits(0).Error;
        var second = (await place.RunAsync(create)).Exits(0).Error;
        var rotated = (await place.RunAsync("keyvault", "key", "rotate", "--vault-name", "kv1", "--name", "kek")).Exits(0).Error;

        Assert.DoesNotContain("made before now", first, StringComparison.Ordinal);
        Assert.All([second, rotated], said => Assert.Contains("Recovery kits made before now do not hold", said, StringComparison.Ordinal));
    }
}
