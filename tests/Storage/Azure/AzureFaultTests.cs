using RecoveryVault.Storage;
using RecoveryVault.Storage.Azure;
using static RecoveryVault.Tests.Storage.BlobContent;

namespace RecoveryVault.Tests.Storage.Azure;

/// <summary>
/// Every operation under every trouble: what it answers is true, nothing is written twice, and nothing there is called missing.
/// </summary>
[NeedsTools("node", "npm")]
public sealed class AzureFaultTests : IAsyncLifetime
{
    private const string Name = "items/1/record.json";
    private readonly string _container = AzuriteServer.NewContainerName();
    private FaultProxy _proxy = null!;
    private AzureBlobStore _direct = null!;
    private AzureBlobStore _patient = null!;
    private AzureBlobStore _hasty = null!;
    private AzureBlobStore _store = null!;

    public async Task InitializeAsync()
    {
        var azurite = await AzuriteServer.SharedAsync();
        _proxy = FaultProxy.Start(azurite);
        _direct = await AzureBlobStore.OpenAsync(AzureStage.Connect(azurite, _container), create: true, options: AzureStage.Quick);
        _store = _patient = Open(azurite, TimeSpan.FromSeconds(20));
        _hasty = Open(azurite, TimeSpan.FromMilliseconds(500));
    }

    private AzureBlobStore Open(AzuriteServer azurite, TimeSpan patience) =>
        new(AzureStage.Connect(azurite, _container, _proxy.Port), options: AzureStage.Quick with { Patience = patience, Tries = 3 });

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    /// <summary>Troubles that pass, and the proxy's answer where it gives one.</summary>
    public static TheoryData<Trouble, int, string?> Troubles { get; } =
        new()
        {
            { Trouble.AnsweredInstead, 500, "InternalError" },
            { Trouble.AnsweredInstead, 500, null },
            { Trouble.AnsweredInstead, 503, "ServerBusy" },
            { Trouble.AnsweredInstead, 404, null },
            { Trouble.AnsweredInstead, 409, null },
            { Trouble.AnsweredInstead, 412, null },
            { Trouble.AnsweredAfter, 500, "OperationTimedOut" },
            { Trouble.AnsweredAfter, 503, null },
            { Trouble.AnsweredAfter, 409, null },
            { Trouble.AnsweredAfter, 412, null },
            { Trouble.CutBefore, 0, null },
            { Trouble.CutAfter, 0, null },
            { Trouble.Silent, 0, null },
        };

    /// <summary>What the service itself refuses with.</summary>
    public static TheoryData<int, string?, BlobError> Refusals { get; } =
        new()
        {
            { 403, "AuthorizationFailure", BlobError.AccessDenied },
            { 403, "AuthenticationFailed", BlobError.AccessDenied },
            { 403, null, BlobError.AccessDenied },
            { 401, "NoAuthenticationInformation", BlobError.AccessDenied },
            { 404, "ContainerNotFound", BlobError.Unavailable },
            { 404, "ResourceNotFound", BlobError.Unavailable },
            { 409, "ContainerBeingDeleted", BlobError.Unavailable },
            { 409, "AccountBeingCreated", BlobError.Unavailable },
            { 507, "InsufficientStorage", BlobError.Unavailable },
        };

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task PutIfAbsent_TroubledOnce_IsThereOnceAndSaidToBe(Trouble trouble, int status, string? code)
    {
        Make(trouble, status, code);
        await HappensOnceAsync(() => _store.PutTextAsync(Name, "new", PutCondition.IfAbsent));
    }

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task PutIfMatch_TroubledOnce_ReplacesOnceAndSaysSo(Trouble trouble, int status, string? code)
    {
        var old = await _direct.PutTextAsync(Name, "old");
        Make(trouble, status, code);
        await HappensOnceAsync(() => _store.PutTextAsync(Name, "new", PutCondition.IfMatch(old)));
    }

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task PutOfAnyVersion_TroubledOnce_IsDoneOrUnclearAndNeverRepeated(Trouble trouble, int status, string? code)
    {
        await _direct.PutTextAsync(Name, "old");
        foreach (var condition in new[] { PutCondition.Always, PutCondition.IfPresent })
        {
            await _direct.PutTextAsync(Name, "old");
            Make(trouble, status, code);
            if (IsCarriedOut(trouble))
            {
                await HappensOnceAsync(() => _store.PutTextAsync(Name, "new", condition));
                continue;
            }
            await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync(Name, "new", condition));
            Assert.Equal("old", await _direct.GetTextAsync(Name));
        }
    }

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task Delete_TroubledOnce_IsUnclearAndNeverRepeated(Trouble trouble, int status, string? code)
    {
        await _direct.PutTextAsync(Name, "old");
        Make(trouble, status, code, "DELETE");
        await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync(Name));
        Assert.Single(_proxy.Seen, request => request.Method == "DELETE");
        Assert.Equal(IsCarriedOut(trouble) ? null : "old", await _direct.GetTextAsync(Name));
    }

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task DeleteOfAVersion_TroubledOnce_IsDoneOrUnclear(Trouble trouble, int status, string? code)
    {
        var etag = await _direct.PutTextAsync(Name, "old");
        Make(trouble, status, code, "DELETE");
        if (IsCarriedOut(trouble))
            await RefusedAsync(BlobError.Unavailable, () => _store.DeleteAsync(Name, etag));
        else
            Assert.True(await _store.DeleteAsync(Name, etag));
        Assert.Null(await _direct.GetTextAsync(Name));
        Assert.Single(_proxy.Seen, request => request.IsCarriedOutWrite);
    }

    [StoreTheory, MemberData(nameof(Troubles))]
    public async Task Reads_InTrouble_AnswerWhatIsThereOrFail(Trouble trouble, int status, string? code)
    {
        await _direct.PutTextAsync(Name, "content");
        await ReadsAreTrueAsync(() => Make(trouble, status, code, "GET"), mayFail: status is 404 or 409 or 412);
        await ReadsAreTrueAsync(() => Make(trouble, status, code, "GET", int.MaxValue), mayFail: true);
    }

    [StoreFact]
    public async Task Reads_AnswerCutShort_AreReadOnAndWhole()
    {
        await _direct.PutAsync(Name, new(Version(1, 200_000)), PutCondition.Always);
        _proxy.Make(Trouble.CutWithin, method => method == "GET");
        RequireWhole((await _store.GetAsync(Name))!.Content.Span);
        _proxy.Make(Trouble.CutWithin, method => method == "GET");
        var part = new byte[100_000];
        Assert.Equal(part.Length, await _store.ReadAsync(Name, 50_000, part));
        Assert.True(part.AsSpan().SequenceEqual(Version(1, 200_000).AsSpan(50_000, 100_000)));
        _proxy.Make(Trouble.CutWithin, method => method == "GET", int.MaxValue);
        await RefusedAsync(BlobError.Unavailable, () => _store.ListAsync(""));
    }

    [StoreTheory, MemberData(nameof(Refusals))]
    public async Task AnyCall_Refused_SaysSoAndChangesNothing(int status, string? code, BlobError error)
    {
        var etag = await _direct.PutTextAsync(Name, "old");
        _proxy.Answer = (status, code);
        _proxy.Make(Trouble.AnsweredInstead, _ => true, int.MaxValue);
        // Some may mean that the service went down while it wrote.
        var ofWrites = status >= 500 ? BlobError.Unavailable : error;
        await RefusedAsync(ofWrites, () => _store.PutTextAsync(Name, "new"));
        await RefusedAsync(ofWrites, () => _store.PutTextAsync(Name, "new", PutCondition.IfMatch(etag)));
        await RefusedAsync(ofWrites, () => _store.PutTextAsync(Name + "2", "new", PutCondition.IfAbsent));
        await RefusedAsync(ofWrites, () => _store.DeleteAsync(Name, etag));
        await RefusedAsync(status == 507 ? BlobError.StoreFull : error, () => _store.GetAsync(Name));
        await RefusedAsync(status == 507 ? BlobError.StoreFull : error, () => _store.ReadAsync(Name, 0, new byte[1]));
        await RefusedAsync(status == 507 ? BlobError.StoreFull : error, () => _store.ListAsync(""));
        Assert.Equal([Name], await _direct.ListNamesAsync());
        Assert.Equal("old", await _direct.GetTextAsync(Name));
    }

    [StoreFact]
    public async Task PutIfAbsent_AnotherCameBetweenTheTries_IsUnclearAndNotAConflict()
    {
        _proxy.Rule = request =>
        {
            if (request.Method != "PUT")
                return Trouble.None;
            _direct.PutTextAsync(Name, "theirs").GetAwaiter().GetResult();
            return Trouble.CutBefore;
        };
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync(Name, "ours", PutCondition.IfAbsent));
        Assert.Equal("theirs", await _direct.GetTextAsync(Name));
    }

    [StoreFact]
    public async Task PutIfAbsent_AnswerLostAndTheServiceGone_IsUnclear()
    {
        _proxy.Rule = request => request.Method == "PUT" ? Trouble.CutAfter : Trouble.CutBefore;
        await RefusedAsync(BlobError.Unavailable, () => _store.PutTextAsync(Name, "ours", PutCondition.IfAbsent));
        Assert.Equal("ours", await _direct.GetTextAsync(Name));
    }

    private void Make(Trouble trouble, int status, string? code, string method = "PUT", int times = 1)
    {
        // Only silence is waited for: a busy machine may take its time for everything else.
        _store = trouble == Trouble.Silent ? _hasty : _patient;
        _proxy.Answer = (status, code);
        _proxy.Make(trouble, each => each == method, times);
    }

    private static bool IsCarriedOut(Trouble trouble) => trouble is Trouble.AnsweredAfter or Trouble.CutAfter or Trouble.Silent;

    private async Task HappensOnceAsync(Func<Task<string>> put)
    {
        var before = _proxy.Seen.Count;
        var etag = await put();
        var blob = await _direct.GetAsync(Name);
        Assert.Equal(("new", etag), (System.Text.Encoding.UTF8.GetString(blob!.Content.Span), blob.ETag));
        Assert.Single(_proxy.Seen.Skip(before), request => request.IsCarriedOutWrite);
    }

    private async Task ReadsAreTrueAsync(Action trouble, bool mayFail)
    {
        await TrueAsync(async () => (await _store.GetTextAsync(Name))!, "content");
        await TrueAsync(async () => $"{await _store.ReadAsync(Name, 1, new byte[3])}", "3");
        await TrueAsync(async () => string.Join(' ', await _store.ListNamesAsync("items/")), Name);

        async Task TrueAsync(Func<Task<string>> read, string expected)
        {
            trouble();
            try
            {
                Assert.Equal(expected, await read());
            }
            catch (BlobStoreException error) when (mayFail)
            {
                Assert.Equal(BlobError.Unavailable, error.Error);
            }
        }
    }
}
