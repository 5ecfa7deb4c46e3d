using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Errors;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Keys;

public sealed class PlatformKeyringTests
{
    private const string StoreId = "22222222-2222-2222-2222-222222222222";
    private static readonly string Key = Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());

    private readonly MemoryBlobStore _keys = new();

    private Task<string> WriteAsync(string json) =>
        _keys.PutAsync(PlatformKeyring.BlobName, new(Encoding.UTF8.GetBytes(json)), PutCondition.Always);

    private async Task<VaultException> RefusalOfAsync(string json)
    {
        await WriteAsync(json);
        return await Assert.ThrowsAsync<VaultException>(() => PlatformKeyring.FindAsync(_keys, StoreId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":0,"storeId":"STORE","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"KEY"}]}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":1}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":1,"keys":[]}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":1,"keys":[null]}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":2,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"KEY"}]}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"AAAA"}]}""")]
    [InlineData("""{"version":1,"storeId":"STORE","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z"}]}""")]
    [InlineData(
        """{"version":1,"storeId":"STORE","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"KEY"},{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"KEY"}]}"""
    )]
    [InlineData("""{"version":1,"storeId":"other","current":1,"keys":[{"id":1,"createdAt":"2026-01-01T00:00:00Z","key":"KEY"}]}""")]
    public async Task Find_DamagedOrForeign_IsRefused(string json)
    {
        var refusal = await RefusalOfAsync(json.Replace("STORE", StoreId).Replace("KEY", Key));

        Assert.Equal(ErrorCodes.WrongPlatformKey, refusal.Code);
        Assert.DoesNotContain(Key, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_NewerVersionOfAnotherShape_IsTooNew()
    {
        var refusal = await RefusalOfAsync("""{"version":2,"secrets":"elsewhere"}""");

        Assert.Equal(ErrorCodes.StoreTooNew, refusal.Code);
    }

    [Fact]
    public async Task Find_AnyCut_IsRefusedWithoutTheKeyInTheMessage()
    {
        (await PlatformKeyring.CreateAsync(_keys, StoreId, new FakeTimeProvider())).Dispose();
        var content = (await _keys.GetAsync(PlatformKeyring.BlobName))!.Content.ToArray();

        await Gen.Int[0, content.Length - 1]
            .SampleAsync(
                async length =>
                {
                    var refusal = await RefusalOfAsync(Encoding.UTF8.GetString(content, 0, length));
                    return refusal.Code == ErrorCodes.WrongPlatformKey && refusal.InnerException is null;
                },
                iter: TestScale.Iterations(100),
                threads: 1
            );
    }

    [Fact]
    public async Task Create_WhereThereIsOne_ChangesNothing()
    {
        using var first = await PlatformKeyring.CreateAsync(_keys, StoreId, new FakeTimeProvider());

        await Assert.ThrowsAsync<BlobStoreException>(() => PlatformKeyring.CreateAsync(_keys, StoreId, new FakeTimeProvider()));

        using var found = await PlatformKeyring.FindAsync(_keys, StoreId);
        Assert.Equal(first.Current.Secret.Span, found!.Current.Secret.Span);
    }

    [Fact]
    public async Task Find_Missing_IsNull() => Assert.Null(await PlatformKeyring.FindAsync(_keys, StoreId));

    [Fact]
    public async Task CheckValue_OfAnotherStore_IsAnother()
    {
        using var one = await PlatformKeyring.CreateAsync(_keys, StoreId, new FakeTimeProvider());
        await WriteAsync(Encoding.UTF8.GetString((await _keys.GetAsync(PlatformKeyring.BlobName))!.Content.Span).Replace("2222", "3333"));
        using var other = await PlatformKeyring.FindAsync(_keys, StoreId.Replace("2222", "3333"));

        Assert.Equal(one.Current.Secret.Span, other!.Current.Secret.Span);
        Assert.NotEqual(one.CheckValue(1), other.CheckValue(1));
    }

    [Fact]
    public async Task Dispose_Keyring_ZeroesItsKeys()
    {
        var keyring = await PlatformKeyring.CreateAsync(_keys, StoreId, new FakeTimeProvider());
        var memory = keyring.Current.Secret.Memory;

        keyring.Dispose();

        Assert.All(memory.ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task File_OnDisk_IsItsOwnersAlone()
    {
        using var scratch = new ScratchDirectory();
        var keys = new FileBlobStore(scratch["keys"], TimeProvider.System, new FileBlobStoreOptions { CreateIfMissing = true });
        (await PlatformKeyring.CreateAsync(keys, StoreId, TimeProvider.System)).Dispose();
        var files = Directory.EnumerateFiles(scratch["keys"], "*", SearchOption.AllDirectories).ToList();

        Assert.Contains(files, f => Path.GetFileName(f).StartsWith("platform-keyring", StringComparison.Ordinal));
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in files)
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
