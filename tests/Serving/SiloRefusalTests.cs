using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using RecoveryVault.Embedded;
using RecoveryVault.Errors;
using RecoveryVault.Serving;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.Cli;

namespace RecoveryVault.Tests.Serving;

/// <summary>What a silo does not start on.</summary>
[Collection(CommandLineCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class SiloRefusalTests : IDisposable
{
    private readonly SiloPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Start_StoreMissing_IsRefusedInOneLineAndMakesNothing()
    {
        await using var silo = _place.Start();
        Assert.Equal(1, await silo.WaitAsync());
        Assert.StartsWith($"{ErrorCodes.StoreNotFound}: ", silo.Errors, StringComparison.Ordinal);
        Assert.Equal(2, silo.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.False(Directory.Exists(_place.Options.StorePath));
    }

    [Fact]
    public async Task Open_StoreOfANewerVersion_IsRefused()
    {
        var blobs = new FileBlobStore(_place.Options.StorePath, options: new FileBlobStoreOptions { CreateIfMissing = true });
        var newer = $$"""{"format":"{{StoreManifest.FormatName}}","formatVersion":{{StoreManifest.CurrentVersion + 1}}}""";
        await blobs.PutAsync(StoreManifest.BlobName, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(newer)), PutCondition.IfAbsent);
        await RefusesAsync(ErrorCodes.StoreTooNew, _place.Options);
    }

    [Fact]
    public async Task Open_PlatformKeysOfAnotherStore_AreRefused()
    {
        await _place.CreateStoreAsync();
        var other = _place.Options with { Create = true, StorePath = _place["other"], KeysPath = _place["otherkeys"] };
        (await EmbeddedStore.OpenAsync(other, TimeProvider.System)).Dispose();
        await RefusesAsync(ErrorCodes.WrongPlatformKey, _place.Options with { KeysPath = _place["otherkeys"] });
        await RefusesAsync(ErrorCodes.KeysNotFound, _place.Options with { KeysPath = _place["nokeys"] });
    }

    [Fact]
    public async Task Open_StoreOfAnotherService_IsRefusedAndLeftFree()
    {
        await _place.CreateStoreAsync();
        await RefusesAsync(ErrorCodes.StoreOfAnotherCluster, _place.Options, _place.Settings with { ServiceId = "other" });
        (await EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System)).Dispose();
    }

    [Fact]
    public async Task Open_StoreThatAProcessHasAlone_IsRefusedAndTheOtherWayRound()
    {
        await _place.CreateStoreAsync();
        using (await EmbeddedStore.OpenAsync(_place.Options, TimeProvider.System))
            await RefusesAsync(ErrorCodes.StoreInUse, _place.Options);
        using var first = await ClusterStore.OpenAsync(null, _place.Options, _place.Settings, TimeProvider.System);
        using var second = await ClusterStore.OpenAsync(null, _place.Options, _place.Settings, TimeProvider.System);
        // It would wait for a process that has the store alone; a cluster does not end by itself.
        var alone = _place.Options with
        {
            Wait = TimeSpan.FromMinutes(5),
        };
        var refused = await Assert.ThrowsAsync<VaultException>(() => EmbeddedStore.OpenAsync(alone, TimeProvider.System));
        Assert.Equal(ErrorCodes.StoreInUse, refused.Code);
        Assert.Contains("--cluster", refused.Recommendation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", UnixFileMode.UserRead)]
    [InlineData("not hex", UnixFileMode.UserRead)]
    [InlineData(null, UnixFileMode.UserRead | UnixFileMode.OtherRead)]
    public async Task Start_SecretFileThatIsNone_IsRefused(string? content, UnixFileMode mode)
    {
        await _place.CreateStoreAsync();
        if (content is not null)
            await File.WriteAllTextAsync(_place.SecretPath, content);
        File.SetUnixFileMode(_place.SecretPath, mode);
        using var store = await ClusterStore.OpenAsync(null, _place.Options, _place.Settings, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<VaultException>(() => ClusterSilo.StartAsync(store, _place.Settings, TimeProvider.System));
        Assert.Equal(ErrorCodes.InvalidRequest, refused.Code);
        Assert.Contains(_place.SecretPath, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The system gives one port to several who all ask to share it, as the runtime does.</summary>
    [Fact]
    public async Task Start_GatewayAddressThatAnotherListensOn_IsRefused()
    {
        await _place.CreateStoreAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        other.Start();
        var settings = _place.Settings with { Gateway = (IPEndPoint)other.LocalEndpoint };
        using var store = await ClusterStore.OpenAsync(null, _place.Options, settings, TimeProvider.System);

        var refused = await Assert.ThrowsAsync<VaultException>(() => ClusterSilo.StartAsync(store, settings, TimeProvider.System));

        Assert.Equal(ErrorCodes.ClusterUnavailable, refused.Code);
        Assert.Contains($"{other.LocalEndpoint}", refused.Message, StringComparison.Ordinal);
    }

    private async Task RefusesAsync(string code, EmbeddedStoreOptions options, SiloSettings? settings = null)
    {
        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            ClusterStore.OpenAsync(null, options, settings ?? _place.Settings, TimeProvider.System)
        );
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.NotEmpty(refused.Recommendation);
    }
}
