using System.Buffers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Keys.Local;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys.Local;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Keys;

public sealed class RecoveryKitTests
{
    private const string StoreId = "store-1";
    private const string Passphrase = "correct horse battery staple";

    [Fact]
    public async Task LostMachine_IsRestoredWhole()
    {
        var stage = await KeyVaultStage.CreateAsync();
        var id = KeyVaultStage.IdOf(await stage.CreateRsaAsync());
        await stage.Owner.DeleteKeyAsync(KeyVaultStage.IdOf(await stage.CreateRsaAsync("gone")).Name);
        await PutAsync(stage.Store, "platform/keyring", [1, 2, 3]);
        var wrapped = (await stage.Owner.WrapKeyAsync(id, new byte[32])).EncryptedKey;
        var (kit, exported) = await ExportAsync(stage.Store);
        Assert.Equal(4, exported);

        var machine = new MemoryBlobStore();
        Assert.Equal(4, await ImportAsync(machine, kit));
        Assert.Equal(await ContentAsync(stage.Store), await ContentAsync(machine));
        var keys = new LocalKeyVaults(machine, stage.Time, KeyVaultStage.Tenant).Open(KeyVaultStage.Host, KeyVaultCaller.Owner);
        using var unwrapped = await keys.UnwrapKeyAsync(id, wrapped);
        Assert.Equal(new byte[32], unwrapped.Span);
        Assert.Equal(0, await ImportAsync(machine, kit));
    }

    [Fact]
    public async Task EmptyStore_AndEmptyBlob_AreKept()
    {
        var store = new MemoryBlobStore();
        var (nothing, none) = await ExportAsync(store);
        Assert.Equal((0, 0), (none, await ImportAsync(new MemoryBlobStore(), nothing)));
        await PutAsync(store, "a/é", []);
        var target = new MemoryBlobStore();
        Assert.Equal(1, await ImportAsync(target, (await ExportAsync(store)).Kit));
        Assert.Equal(["a/é="], await ContentAsync(target));
    }

    [Fact]
    public async Task Export_SaysWhatItIs_AndHidesNames()
    {
        var stage = await KeyVaultStage.CreateAsync();
        await stage.CreateRsaAsync();
        var text = Encoding.Latin1.GetString((await ExportAsync(stage.Store)).Kit);
        Assert.Matches(
            @"\ARecoveryVault recovery kit\nversion 1\nstore store-1\ncreated 2026-01-02T03:04:05Z\n"
                + @"kdf PBKDF2-HMAC-SHA256 600000 [0-9a-f]{64}\ncheck [0-9a-f]{64}\nseal AES-256-GCM [0-9]+\nsha256 [0-9a-f]{64}\n\n",
            text
        );
        Assert.DoesNotContain("kek", text, StringComparison.Ordinal);
        Assert.DoesNotContain("privateKey", text, StringComparison.Ordinal);
        Assert.NotEqual(text, Encoding.Latin1.GetString((await ExportAsync(stage.Store)).Kit));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234567")]
    public async Task Export_WithAShortPassphrase_IsRefusedAndWritesNothing(string passphrase)
    {
        using var kit = new MemoryStream();
        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            RecoveryKit.ExportAsync(new MemoryBlobStore(), StoreId, kit, passphrase.AsMemory(), new FakeTimeProvider())
        );
        Assert.Equal(ErrorCodes.PassphraseTooShort, refused.Code);
        Assert.NotEmpty(refused.Recommendation);
        Assert.Equal(0, kit.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\nversion 1")]
    public async Task StoreId_ThatTheHeaderCannotHold_IsAMistakeOfTheCaller(string storeId)
    {
        await Assert.ThrowsAsync<ArgumentException>(() =>
            RecoveryKit.ExportAsync(new MemoryBlobStore(), storeId, Stream.Null, Passphrase.AsMemory(), new FakeTimeProvider())
        );
        await Assert.ThrowsAsync<ArgumentException>(() =>
            RecoveryKit.ImportAsync(new MemoryBlobStore(), storeId, Stream.Null, Passphrase.AsMemory())
        );
    }

    [Fact]
    public async Task Import_OverDifferentKeys_IsRefusedAndChangesNothing()
    {
        var store = new MemoryBlobStore();
        foreach (var name in new[] { "a", "b", "c" })
            await PutAsync(store, name, [1]);
        var kit = (await ExportAsync(store)).Kit;
        var target = new MemoryBlobStore();
        await PutAsync(target, "c", [2]);
        var refused = await Assert.ThrowsAsync<VaultException>(() => ImportAsync(target, kit));
        Assert.Equal(ErrorCodes.KeysExist, refused.Code);
        Assert.Contains("'c'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["c=02"], await ContentAsync(target));
    }

    [Fact]
    public async Task Import_AfterAnInterruptedOne_FinishesIt()
    {
        var store = new MemoryBlobStore();
        foreach (var name in new[] { "a", "b", "c" })
            await PutAsync(store, name, [1]);
        var target = new MemoryBlobStore();
        await PutAsync(target, "b", [1]);
        await PutAsync(target, "later", [9]);
        Assert.Equal(2, await ImportAsync(target, (await ExportAsync(store)).Kit));
        Assert.Equal(["a=01", "b=01", "c=01", "later=09"], await ContentAsync(target));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task Import_WhenAKeyAppearsMeanwhile_TakesOnlyTheSame(byte appearing, bool accepted)
    {
        var store = new MemoryBlobStore();
        await PutAsync(store, "a", [1]);
        var kit = (await ExportAsync(store)).Kit;
        var target = new InterposedBlobStore();
        target.BeforeWrite = async name =>
        {
            target.BeforeWrite = _ => Task.CompletedTask;
            await PutAsync(target, name, [appearing]);
        };
        var refused = await Record.ExceptionAsync(() => ImportAsync(target, kit));
        Assert.Equal(accepted ? null : ErrorCodes.KeysExist, (refused as VaultException)?.Code);
        Assert.Equal([$"a=0{appearing}"], await ContentAsync(target));
    }

    [Fact]
    public async Task Buffers_OfBothStores_AreZeroed()
    {
        var (source, target) = (new InterposedBlobStore(), new InterposedBlobStore());
        await PutAsync(source, "a", [1, 2, 3]);
        await PutAsync(target, "a", [1, 2, 3]);
        await PutAsync(source, "b", [4, 5, 6]);
        source.Buffers.Clear();
        target.Buffers.Clear();
        await ImportAsync(target, (await ExportAsync(source)).Kit);
        Assert.Equal((2, 2), (source.Buffers.Count, target.Buffers.Count));
        Assert.All([.. source.Buffers, .. target.Buffers], buffer => Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0) < 0));
    }

    private static async Task<(byte[] Kit, int Count)> ExportAsync(IBlobStore store)
    {
        using var kit = new MemoryStream();
        var count = await RecoveryKit.ExportAsync(store, StoreId, kit, Passphrase.AsMemory(), new FakeTimeProvider(KeyVaultStage.Start));
        return (kit.ToArray(), count);
    }

    private static Task<int> ImportAsync(IBlobStore store, byte[] kit) =>
        RecoveryKit.ImportAsync(store, StoreId, new MemoryStream(kit), Passphrase.AsMemory());

    private static Task<string> PutAsync(IBlobStore store, string name, byte[] content) =>
        store.PutAsync(name, new ReadOnlySequence<byte>(content), PutCondition.Always);

    private static async Task<List<string>> ContentAsync(IBlobStore store)
    {
        var content = new List<string>();
        foreach (var item in (await store.ListAsync("")).Items)
            content.Add($"{item.Name}={Convert.ToHexString((await store.GetAsync(item.Name))?.Content.ToArray() ?? [])}");
        return content;
    }
}
