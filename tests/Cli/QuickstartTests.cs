using System.Runtime.Versioning;
using System.Text.Json;
using RecoveryVault.Errors;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Cli;

/// <summary>The one command a stranger types first.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class QuickstartTests : IDisposable
{
    private readonly CommandPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Quickstart_RealDirectory_HoldsAndItsFiguresAgree()
    {
        var before = Leftovers();
        var result = (await CommandPlace.RunBareAsync("quickstart", _place.Source, "-o", "json")).Exits(0).Json;
        var (first, second) = (result.GetProperty("firstBackup"), result.GetProperty("secondBackup"));
        Assert.Equal(3, Number(first, "filesTotal"));
        Assert.Equal(200_000 + 9 + 12, Number(first, "bytesRead"));
        Assert.True(Number(first, "bytesNew") >= Number(first, "bytesRead"));
        Assert.True(Number(first, "bytesStored") > 0);
        Assert.Equal((0, 0), (Number(second, "bytesNew"), Number(second, "bytesStored")));
        Assert.Equal(Number(first, "bytesRead"), Number(result.GetProperty("restore"), "bytesWritten"));
        Assert.Equal(Number(result.GetProperty("restore"), "entriesTotal"), Number(result, "entriesCompared"));
        Assert.Equal((0, 0, 0), (Number(result, "differences"), Number(result, "filesUnreadable"), Number(result, "filesChanged")));
        RequireRotated(result);
        Assert.Equal(JsonValueKind.Null, result.GetProperty("store").ValueKind);
        Assert.Equal(before, Leftovers());
    }

    [Fact]
    public async Task Quickstart_ForPeople_TellsEachStep()
    {
        var result = (await CommandPlace.RunBareAsync("quickstart", _place.Source)).Exits(0);
        string[] steps =
        [
            "Source",
            "Store",
            "Key vault",
            "Key ",
            "Vault",
            "Encryption",
            "Backup ",
            "Key rotation",
            "Backup again",
            "Restore",
            "Comparison",
        ];
        Assert.Equal(steps.Select(s => s.Trim()), result.Output.Split('\n').Take(steps.Length).Select(line => line[..13].Trim()));
        Assert.Contains("removed", result.Output, StringComparison.Ordinal);
        Assert.Contains("All of it held", result.Output, StringComparison.Ordinal);
        Assert.All(result.Output.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    /// <summary>Its key vault is its own, whatever server the environment names.</summary>
    [StraceFact]
    public async Task Quickstart_Embedded_ListensAndConnectsNowhere()
    {
        const string Line =
            "export RVAULT_KEYVAULT_ENDPOINT=https://127.0.0.1:1; exec strace -f -qq -e trace=bind,listen,connect -o \"$0\" \"$@\"";
        var calls = _place["calls"];
        await using var quickstart = RvaultProcess.StartInShell(Line, calls, "quickstart", _place.Source, "--no-progress");

        (await quickstart.EndAsync()).Exits(0);

        var made = await File.ReadAllTextAsync(calls);
        // The runtime's own pipes: the trace does see what is bound.
        Assert.Contains("AF_UNIX", made, StringComparison.Ordinal);
        Assert.DoesNotContain("AF_INET", made, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quickstart_NamedStore_StaysAndCanBeUsed()
    {
        var result = (await _place.RunAsync("quickstart", _place.Source)).Exits(0);
        Assert.Equal((_place.Store, _place.Keys), (result["store"], result["keys"]));
        Assert.Equal(
            "CustomerManaged",
            (await _place.RunAsync("vault", "encryption", "show", "--name", "quickstart"))["encryptionAtRestType"]
        );
        (await _place.RunAsync("quickstart", _place.Source)).Refuses(ErrorCodes.StoreNotEmpty);
    }

    [LinuxRootFact]
    public async Task Quickstart_UnreadableFiles_AreListedApartAndDoNotFailIt()
    {
        var secret = Path.Combine(_place.Source, "secret");
        await File.WriteAllTextAsync(secret, "no");
        File.SetUnixFileMode(secret, UnixFileMode.None);
        await using var process = RvaultProcess.StartWithoutPowers(["quickstart", _place.Source, .. _place.Options]);
        var result = (await process.EndAsync()).Exits(0);
        Assert.Contains("Could not be read and are not in the backup (1):\n  secret: ", result.Output, StringComparison.Ordinal);
        Assert.Contains($"kept in {_place.Store}, its keys in {_place.Keys}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quickstart_MissingSource_IsRefusedAndLeavesNothing()
    {
        var before = Leftovers();
        (await _place.RunAsync("quickstart", _place["missing"])).Refuses(ErrorCodes.SourceNotFound);
        Assert.False(Directory.Exists(_place.Store));
        Assert.Equal(before, Leftovers());
    }

    [Fact]
    public async Task Quickstart_MoreThanThereIsRoomFor_IsRefusedWithTheFigures()
    {
        await using (var huge = File.Create(Path.Combine(_place.Source, "huge")))
        {
            huge.SetLength(1L << 43);
            huge.WriteByte(1);
        }
        var refused = (await _place.RunAsync("quickstart", _place.Source)).Refuses(ErrorCodes.NotEnoughSpace);
        Assert.Matches(@"\d+\.\d TiB are needed for .* in /.*, \d+\.\d .iB are free\.", refused.Error);
        Assert.False(Directory.Exists(_place.Store));
    }

    private static void RequireRotated(JsonElement result)
    {
        var versions = result.GetProperty("keyVersions").EnumerateArray().ToList();
        Assert.Equal([true, false], versions.Select(v => v.GetProperty("safeToDisable").GetBoolean()));
        var (old, current) = (versions[0].GetProperty("keyVersion").GetString(), versions[1].GetProperty("keyVersion").GetString());
        var points = result.GetProperty("recoveryPoints").EnumerateArray().ToList();
        Assert.Equal([current, old], points.Select(p => p.GetProperty("keyVersionAtBackup").GetString()));
        Assert.All(points, p => Assert.Equal(current, p.GetProperty("keyVersion").GetString()));
    }

    private static long Number(JsonElement of, string property) => of.GetProperty(property).GetInt64();

    private static int Leftovers() => Directory.EnumerateDirectories(Path.GetTempPath(), "rvault-quickstart-*").Count();
}
