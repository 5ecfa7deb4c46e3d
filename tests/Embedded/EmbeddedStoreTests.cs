using System.Buffers;
using System.Runtime.Versioning;
using System.Text;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Embedded;

/// <summary>Where a store and its keys may lie, and what is never touched.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class EmbeddedStoreTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private EmbeddedStoreOptions Options =>
        new()
        {
            StorePath = _scratch["store"],
            KeysPath = _scratch["keys"],
            Command = "test",
            Home = _scratch["home"],
            Wait = TimeSpan.Zero,
        };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("letter.txt")]
    [InlineData(".bashrc")]
    [InlineData("store.json")]
    public async Task Open_DirectoryThatIsNoStore_IsRefusedAndNotTouched(string name)
    {
        Directory.CreateDirectory(_scratch["store"]);
        await File.WriteAllTextAsync(_scratch[$"store/{name}"], "{}");
        foreach (var create in new[] { false, true })
            await RefusesAsync(ErrorCodes.NotAStore, Options with { Create = create });
        Assert.Equal([name], Names("store"));
        Assert.False(Directory.Exists(_scratch["keys"]));
    }

    [Fact]
    public async Task Open_File_IsNoStore()
    {
        await File.WriteAllTextAsync(_scratch["store"], "text");
        await RefusesAsync(ErrorCodes.NotAStore, Options with { Create = true });
    }

    [Fact]
    public async Task Open_NothingThere_IsRefusedAndMakesNothing()
    {
        await RefusesAsync(ErrorCodes.StoreNotFound, Options);
        Assert.False(Directory.Exists(_scratch["store"]));
    }

    [Theory]
    [InlineData("store")]
    [InlineData("store/keys")]
    [InlineData("link/keys")]
    [InlineData("")]
    public async Task Create_KeysInsideTheStoreOrAroundIt_AreRefusedAndNothingIsMade(string keys)
    {
        Directory.CreateSymbolicLink(_scratch["link"], _scratch["store"]);
        await RefusesAsync(ErrorCodes.KeysInsideStore, Options with { Create = true, KeysPath = _scratch[keys] });
        Assert.False(Directory.Exists(_scratch["store"]));
    }

    [Fact]
    public async Task Create_DefaultKeysWouldLieInside_IsRefused() =>
        await RefusesAsync(
            ErrorCodes.KeysInsideStore,
            Options with
            {
                Create = true,
                StorePath = _scratch["home/.config"],
                KeysPath = null,
            }
        );

    [Fact]
    public async Task Create_KeysOfAnotherStore_AreRefusedAndNothingIsMade()
    {
        (await EmbeddedStore.OpenAsync(Options with { Create = true }, TimeProvider.System)).Dispose();
        await RefusesAsync(ErrorCodes.WrongPlatformKey, Options with { Create = true, StorePath = _scratch["other"] });
        Assert.False(Directory.Exists(_scratch["other"]));
    }

    [Fact]
    public async Task Create_KeysDirectoryHoldsSomethingElse_IsRefusedAndNotTouched()
    {
        Directory.CreateDirectory(_scratch["keys"]);
        await File.WriteAllTextAsync(_scratch["keys/letter.txt"], "mine");
        await RefusesAsync(ErrorCodes.InvalidRequest, Options with { Create = true });
        Assert.Equal(["letter.txt"], Names("keys"));
        Assert.False(Directory.Exists(_scratch["store"]));
    }

    [Fact]
    public async Task Create_WithoutKeysDirectory_PutsThemBelowHomeForTheirOwnerOnly()
    {
        using var store = await EmbeddedStore.OpenAsync(Options with { Create = true, KeysPath = null }, TimeProvider.System);
        Assert.Equal(_scratch[$"home/.config/recoveryvault/stores/{store.Manifest.StoreId}"], store.KeysPath);
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(Private, File.GetUnixFileMode(store.KeysPath));
        Assert.Equal(Private, File.GetUnixFileMode(_scratch["store"]));
    }

    [Fact]
    public async Task Open_KeysMissing_IsRefusedAndMakesNoOthers()
    {
        (await EmbeddedStore.OpenAsync(Options with { Create = true }, TimeProvider.System)).Dispose();
        Directory.Move(_scratch["keys"], _scratch["away"]);
        await RefusesAsync(ErrorCodes.KeysNotFound, Options with { Create = true });
        Assert.False(Directory.Exists(_scratch["keys"]));
        Directory.Move(_scratch["away"], _scratch["keys"]);
        (await EmbeddedStore.OpenAsync(Options, TimeProvider.System)).Dispose();
    }

    [Fact]
    public async Task Open_KeysOfAnotherStore_AreRefused()
    {
        (await EmbeddedStore.OpenAsync(Options with { Create = true }, TimeProvider.System)).Dispose();
        var other = Options with { Create = true, StorePath = _scratch["other"], KeysPath = _scratch["otherkeys"] };
        (await EmbeddedStore.OpenAsync(other, TimeProvider.System)).Dispose();
        await RefusesAsync(ErrorCodes.WrongPlatformKey, Options with { KeysPath = _scratch["otherkeys"] });
        await RefusesAsync(ErrorCodes.KeysInsideStore, Options with { KeysPath = _scratch["store/keys"] });
    }

    [Fact]
    public async Task Open_StoreOfANewerFormat_IsRefused()
    {
        var blobs = new FileBlobStore(_scratch["store"], options: new FileBlobStoreOptions { CreateIfMissing = true });
        var newer = $$"""{"format":"{{StoreManifest.FormatName}}","formatVersion":{{StoreManifest.CurrentVersion + 1}},"new":true}""";
        await blobs.PutAsync(StoreManifest.BlobName, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(newer)), PutCondition.IfAbsent);
        await RefusesAsync(ErrorCodes.StoreTooNew, Options);
        await RefusesAsync(ErrorCodes.StoreTooNew, Options with { Create = true });
        Assert.False(Directory.Exists(_scratch["keys"]));
    }

    [Fact]
    public async Task Open_StoreInUse_NamesTheHolderAndLeavesItAlone()
    {
        using var held = await EmbeddedStore.OpenAsync(Options with { Create = true, Command = "rvault serve" }, TimeProvider.System);
        var refused = await RefusesAsync(ErrorCodes.StoreInUse, Options);
        Assert.Contains(
            $"process {Environment.ProcessId} on {Environment.MachineName} (rvault serve)",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Open_CopyWithoutHiddenFiles_IsTheSameStore()
    {
        string id;
        using (var store = await EmbeddedStore.OpenAsync(Options with { Create = true }, TimeProvider.System))
            id = store.Manifest.StoreId;
        Directory.Delete(_scratch["store/.rvault"], recursive: true);
        using var copy = await EmbeddedStore.OpenAsync(Options, TimeProvider.System);
        Assert.Equal(id, copy.Manifest.StoreId);
    }

    private static async Task<VaultException> RefusesAsync(string code, EmbeddedStoreOptions options)
    {
        var refused = await Assert.ThrowsAsync<VaultException>(() => EmbeddedStore.OpenAsync(options, TimeProvider.System));
        Assert.Equal(code, refused.Code);
        Assert.NotEmpty(refused.Recommendation);
        return refused;
    }

    private IEnumerable<string?> Names(string directory) =>
        Directory.EnumerateFileSystemEntries(_scratch[directory]).Select(Path.GetFileName);
}
