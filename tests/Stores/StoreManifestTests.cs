using System.Text;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Stores;

public sealed class StoreManifestTests
{
    private const string StoreId = "22222222-2222-2222-2222-222222222222";

    private readonly MemoryBlobStore _store = new();
    private readonly MemoryBlobStore _keys = new();

    private async Task<StoreManifest> CreateAsync(string storeId = StoreId)
    {
        var (manifest, keyring) = await StoreManifest.CreateAsync(_store, storeId, "rvault", _keys, new FakeTimeProvider());
        keyring.Dispose();
        return manifest;
    }

    private Task<string> WriteAsync(string json) =>
        _store.PutAsync(StoreManifest.BlobName, new(Encoding.UTF8.GetBytes(json)), PutCondition.Always);

    private async Task<string> CodeOfFindAsync() => (await Assert.ThrowsAsync<VaultException>(() => StoreManifest.FindAsync(_store))).Code;

    private static async Task<string> CodeOfOpenAsync(StoreManifest manifest, IBlobStore keys) =>
        (await Assert.ThrowsAsync<VaultException>(() => manifest.OpenKeyringAsync(keys, "there"))).Code;

    [Theory]
    [InlineData("", ErrorCodes.NotAStore)]
    [InlineData("null", ErrorCodes.NotAStore)]
    [InlineData("7", ErrorCodes.NotAStore)]
    [InlineData("{}", ErrorCodes.NotAStore)]
    [InlineData("""{"format":"restic","formatVersion":1}""", ErrorCodes.NotAStore)]
    [InlineData("""{"format":"recoveryvault-store","formatVersion":1}""", ErrorCodes.NotAStore)]
    [InlineData("""{"format":"recoveryvault-store","formatVersion":2,"everything":"else"}""", ErrorCodes.StoreTooNew)]
    public async Task Find_NotThisFormat_IsRefused(string json, string code)
    {
        await WriteAsync(json);

        Assert.Equal(code, await CodeOfFindAsync());
    }

    [Theory]
    [InlineData("../../../etc")]
    [InlineData("/etc")]
    [InlineData("{22222222-2222-2222-2222-222222222222}")]
    [InlineData("")]
    public async Task Find_StoreIdThatIsNone_NeverBecomesAPath(string storeId)
    {
        await CreateAsync();
        var json = Encoding.UTF8.GetString((await _store.GetAsync(StoreManifest.BlobName))!.Content.Span);
        await WriteAsync(json.Replace(StoreId, storeId));

        Assert.Equal(ErrorCodes.NotAStore, await CodeOfFindAsync());
    }

    [Fact]
    public async Task Find_AnyCut_IsRefused()
    {
        await CreateAsync();
        var content = (await _store.GetAsync(StoreManifest.BlobName))!.Content.ToArray();

        for (var length = 0; length < content.Length; length++)
        {
            await WriteAsync(Encoding.UTF8.GetString(content, 0, length));
            Assert.Equal(ErrorCodes.NotAStore, await CodeOfFindAsync());
        }
    }

    [Fact]
    public async Task OpenKeyring_Missing_IsKeysNotFound() =>
        Assert.Equal(ErrorCodes.KeysNotFound, await CodeOfOpenAsync(await CreateAsync(), new MemoryBlobStore()));

    [Fact]
    public async Task OpenKeyring_OfAnotherStore_IsTheWrongOne()
    {
        var manifest = await CreateAsync();
        var other = new MemoryBlobStore();
        (await PlatformKeyring.CreateAsync(other, "33333333-3333-3333-3333-333333333333", new FakeTimeProvider())).Dispose();

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfOpenAsync(manifest, other));
    }

    [Fact]
    public async Task OpenKeyring_OtherKeysUnderTheSameStoreId_AreFoundOutByTheCheckValue()
    {
        var manifest = await CreateAsync();
        var other = new MemoryBlobStore();
        (await PlatformKeyring.CreateAsync(other, StoreId, new FakeTimeProvider())).Dispose();

        Assert.Equal(ErrorCodes.WrongPlatformKey, await CodeOfOpenAsync(manifest, other));
    }

    [Fact]
    public async Task OpenKeyring_ItsOwn_HasTheKeysItWasMadeWith()
    {
        await CreateAsync();
        var manifest = await StoreManifest.FindAsync(_store);

        using var keyring = await manifest!.OpenKeyringAsync(_keys, "there");

        Assert.Equal(manifest.PlatformKeyCheck, keyring.CheckValue(manifest.PlatformKeyId));
    }

    [Fact]
    public async Task Create_CrashBeforeTheManifest_LeavesNoStore()
    {
        var faulty = new FaultyBlobStore(_store).Inject(new Fault.CrashBefore(), BlobCalls.Put);

        await Assert.ThrowsAsync<SimulatedCrashException>(() =>
            StoreManifest.CreateAsync(faulty, StoreId, "rvault", _keys, new FakeTimeProvider())
        );

        Assert.Null(await StoreManifest.FindAsync(_store));
        Assert.NotNull(await _keys.GetAsync(PlatformKeyring.BlobName));
    }

    [Fact]
    public async Task Create_WhereThereIsAStore_ChangesNothing()
    {
        var manifest = await CreateAsync();

        await Assert.ThrowsAsync<BlobStoreException>(() =>
            StoreManifest.CreateAsync(_store, StoreId, "rvault", new MemoryBlobStore(), new FakeTimeProvider())
        );

        Assert.Equal(manifest, await StoreManifest.FindAsync(_store));
    }
}
