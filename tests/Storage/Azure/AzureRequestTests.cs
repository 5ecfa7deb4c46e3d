using Azure.Storage.Blobs;
using RecoveryVault.Storage;
using RecoveryVault.Storage.Azure;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>What the store asks of the service, request by request.</summary>
[NeedsTools("node", "npm")]
public sealed class AzureRequestTests : IAsyncLifetime
{
    private readonly string _container = AzuriteServer.NewContainerName();
    private AzuriteServer _azurite = null!;
    private FaultProxy _proxy = null!;
    private AzureBlobStore _store = null!;

    public async Task InitializeAsync()
    {
        _azurite = await AzuriteServer.SharedAsync();
        _proxy = FaultProxy.Start(_azurite);
        _store = await AzureBlobStore.OpenAsync(
            AzureStage.Connect(_azurite, _container, _proxy.Port),
            create: true,
            options: AzureStage.Quick
        );
    }

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [StoreTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20 << 20)]
    public async Task PutAndReads_OfAnyLength_AreOneRequestEach(int length)
    {
        var content = Version(3, length);
        await OneRequestAsync("PUT", () => _store.PutAsync("pack", new(content), PutCondition.IfAbsent));
        var blob = await OneRequestAsync("GET", () => _store.GetAsync("pack"));
        Assert.True(blob!.Content.Span.SequenceEqual(content));
        var part = new byte[8 << 20];
        var count = await OneRequestAsync("GET", () => _store.ReadAsync("pack", 0, part));
        Assert.True(part.AsSpan(0, count!.Value).SequenceEqual(content.AsSpan(0, Math.Min(length, part.Length))));
        await OneRequestAsync("DELETE", () => _store.DeleteAsync("pack"));
    }

    [StoreFact]
    public async Task List_AfterAName_StartsThereAndReadsNoMoreThanItReturns()
    {
        for (var i = 0; i < 30; i++)
            await _store.PutTextAsync($"log/{i:d3}", "x");
        var page = await OneRequestAsync("GET", () => _store.ListAsync("log/", after: "log/019", maxCount: 5));
        Assert.Equal(["log/020", "log/021", "log/022", "log/023", "log/024"], page.Items.Select(item => item.Name));
        Assert.Contains("startFrom=log%2F019%21", _proxy.Seen[^1].Target, StringComparison.Ordinal);
        Assert.Contains("maxresults=5", _proxy.Seen[^1].Target, StringComparison.Ordinal);
        page = await OneRequestAsync("GET", () => _store.ListAsync("log/", after: "log/024"));
        Assert.Equal(5, page.Items.Count);
    }

    [StoreFact]
    public async Task List_BesideWhatOthersPutThere_ShowsOursOnly()
    {
        var theirs = new BlobContainerClient(_azurite.ConnectionString, _container);
        await theirs.GetBlobClient("a/b c").UploadAsync(BinaryData.FromString("x"));
        await theirs.GetBlobClient("a.").UploadAsync(BinaryData.FromString("x"));
        await _store.PutTextAsync("a/z", "ours");
        Assert.Equal(["a/z"], await _store.ListNamesAsync(pageSize: 1));
        Assert.Null(await _store.GetAsync("a."));
    }

    [StoreFact]
    public async Task Get_ContentIsNotThatOfItsMd5_IsDamaged()
    {
        var theirs = new BlobContainerClient(_azurite.ConnectionString, _container);
        await _store.PutTextAsync("a", "content");
        await theirs.GetBlobClient("a").SetHttpHeadersAsync(new() { ContentHash = new byte[16] });
        await RefusedAsync(BlobError.Damaged, () => _store.GetAsync("a"));
    }

    [StoreFact]
    public async Task AnyCall_ContainerDeleted_IsUnavailableAndNeverEmpty()
    {
        var etag = await _store.PutTextAsync("a", "content");
        await new BlobContainerClient(_azurite.ConnectionString, _container).DeleteAsync();
        await RefusedAsync(BlobError.Unavailable, () => _store.GetAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => _store.ReadAsync("a", 0, new byte[1]));
        await RefusedAsync(BlobError.Unavailable, () => _store.ReadAsync("a", 0, Memory<byte>.Empty));
        await RefusedAsync(BlobError.Unavailable, () => _store.ListAsync(""));
        await RefusedAsync(BlobError.Unavailable, () => _store.ListAsync("a", after: "b"));
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "new"));
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "new", PutCondition.IfAbsent));
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync("a", "new", PutCondition.IfMatch(etag)));
        await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync("a", "nonsense"));
    }

    [StoreFact]
    public async Task Service_StoppedAndStarted_IsUnavailableMeanwhileAndLosesNothing()
    {
        await using var azurite = await AzuriteServer.StartAsync(keeps: true);
        var store = await AzureBlobStore.OpenAsync(AzureStage.Connect(azurite, "kept"), create: true, options: AzureStage.Quick);
        var etag = await store.PutTextAsync("a", "content");
        await azurite.StopAsync();
        await RefusedAsync(BlobError.Unavailable, () => store.PutTextAsync("b", "new", PutCondition.IfAbsent));
        await RefusedAsync(BlobError.Unavailable, () => store.DeleteAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => store.GetAsync("a"));
        await RefusedAsync(BlobError.Unavailable, () => store.ListAsync(""));
        await azurite.StartAgainAsync();
        Assert.Equal(["a"], await store.ListNamesAsync());
        Assert.Equal(etag, (await store.GetAsync("a"))?.ETag);
        await store.PutTextAsync("a", "newer", PutCondition.IfMatch(etag));
    }

    private async Task<T> OneRequestAsync<T>(string method, Func<Task<T>> call)
    {
        var before = _proxy.Seen.Count;
        var result = await call();
        Assert.Equal(method, Assert.Single(_proxy.Seen.Skip(before)).Method);
        return result;
    }
}
