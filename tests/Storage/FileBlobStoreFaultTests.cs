using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>
/// Every system call on the way of a write is made to fail, and is made the last, in a process of its own: no acknowledgement after a
/// failed step, the old content or the new and nothing between, and the error that fits.
/// </summary>
public sealed class FileBlobStoreFaultTests : IDisposable
{
    private const byte Old = 1,
        New = 2;
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [StraceFact]
    public async Task Create_AStepFails_NothingIsThereOrTheOutcomeIsOpen()
    {
        await RequireHonestAsync("create:d/x:2:5000", "fsync", "EIO", BlobError.Unavailable, failures: 3);
        await RequireHonestAsync("create:d/x:2:5000", "fsync", "ENOSPC", BlobError.StoreFull, failures: 3);
        await RequireHonestAsync("create:d/x:2:5000", "pwritev", "ENOSPC", BlobError.StoreFull, failures: 1);
        await RequireHonestAsync("create:d/x:2:5000", "pwritev", "EIO", BlobError.Unavailable, failures: 1);
        await RequireHonestAsync("create:d/x:2:5000", "mkdir", "EROFS", BlobError.AccessDenied, failures: 3);
        await RequireHonestAsync("create:d/x:2:5000", "link", "EIO", BlobError.Unavailable, failures: 1);
        await RequireHonestAsync("create:d/x:2:5000", "link", "EDQUOT", BlobError.StoreFull, failures: 1);
        await RequireHonestAsync("create:d/x:2:5000", "flock", "ENOLCK", BlobError.Unavailable, failures: 1);
    }

    [StraceFact]
    public async Task Replace_AStepFails_TheOldContentStaysOrTheOutcomeIsOpen()
    {
        await RequireHonestAsync("put:d/x:2:5000", "fsync", "EIO", BlobError.Unavailable, failures: 3, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "fsync", "EDQUOT", BlobError.StoreFull, failures: 3, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "pwritev", "EDQUOT", BlobError.StoreFull, failures: 1, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "rename", "EIO", BlobError.Unavailable, failures: 1, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "rename", "ENOSPC", BlobError.StoreFull, failures: 1, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "rename", "EPERM", BlobError.AccessDenied, failures: 1, replaces: true);
        await RequireHonestAsync("put:d/x:2:5000", "flock", "ENOLCK", BlobError.Unavailable, failures: 2, replaces: true);
    }

    [StraceFact]
    public async Task Delete_AStepFails_TheBlobStaysOrTheOutcomeIsOpen()
    {
        await RequireHonestAsync("delete:d/x", "unlink", "EIO", BlobError.Unavailable, failures: 1, replaces: true);
        await RequireHonestAsync("delete:d/x", "unlink", "EACCES", BlobError.AccessDenied, failures: 1, replaces: true);
        await RequireHonestAsync("delete:d/x", "fsync", "ENOSPC", BlobError.StoreFull, failures: 1, replaces: true);
        await RequireHonestAsync("delete:d/x", "flock", "ENOLCK", BlobError.Unavailable, failures: 1, replaces: true);
    }

    [StraceFact]
    public async Task Create_TemporaryNameCannotBeRemoved_IsDoneAllTheSame()
    {
        var root = await SetUpAsync(replaces: false);
        Assert.Equal("ok", await CallUnderAsync(Strace.Failing("unlink", "EIO", 1), root, "create:d/x:2:5000"));
        Assert.Equal(New, await VersionAsync(root));
        Assert.Single(TemporaryFiles(root));
        await new FileBlobStore(root).PutTextAsync("next", "x");
        Assert.Empty(TemporaryFiles(root));
        Assert.Equal(New, await VersionAsync(root));
    }

    [StraceFact]
    public async Task AnyWrite_KilledAtAnyStep_LeavesOldOrNewAndNothingInTheWay()
    {
        const string Create = "create:d/x:2:5000",
            Replace = "put:d/x:2:5000",
            Delete = "delete:d/x";
        await Task.WhenAll(
            KillAsync(Create, "flock", 1),
            KillAsync(Create, "pwritev", 1),
            KillAsync(Create, "fsync", 1),
            KillAsync(Create, "mkdir", 3),
            KillAsync(Create, "fsync", 2),
            KillAsync(Create, "link", 1),
            KillAsync(Create, "fsync", 3),
            KillAsync(Create, "unlink", 1)
        );
        await Task.WhenAll(
            KillAsync(Replace, "pwritev", 1, replaces: true),
            KillAsync(Replace, "fsync", 1, replaces: true),
            KillAsync(Replace, "flock", 2, replaces: true),
            KillAsync(Replace, "rename", 1, replaces: true),
            KillAsync(Replace, "flock", 3, replaces: true),
            KillAsync(Replace, "fsync", 3, replaces: true)
        );
        await Task.WhenAll(
            KillAsync(Delete, "flock", 1, replaces: true),
            KillAsync(Delete, "unlink", 1, replaces: true),
            KillAsync(Delete, "fsync", 1, replaces: true),
            KillAsync(Delete, "flock", 2, replaces: true)
        );
    }

    [StraceFact]
    public async Task Reads_TheDiskFails_AreUnavailableAndNeverAnEmptyAnswer()
    {
        var root = await SetUpAsync(replaces: true);
        Assert.Equal("Unavailable", await CallUnderAsync(Strace.FailingOn($"{root}/d/x.b", "openat", "EIO"), root, "get:d/x"));
        Assert.Equal("AccessDenied", await CallUnderAsync(Strace.FailingOn($"{root}/d/x.b", "openat", "EACCES"), root, "get:d/x"));
        Assert.Equal("Unavailable", await CallUnderAsync(Strace.FailingOn($"{root}/d/x.b", "pread64", "EIO"), root, "get:d/x"));
        Assert.Equal("Unavailable", await CallUnderAsync(Strace.FailingOn($"{root}/d", "openat", "EIO"), root, "list:"));
        Assert.Equal("AccessDenied", await CallUnderAsync(Strace.FailingOn($"{root}/d", "openat", "EACCES"), root, "list:"));
        Assert.Equal("Unavailable", await CallUnderAsync(Strace.FailingOn($"{root}/d", "getdents64", "EIO"), root, "list:"));
        Assert.Equal(
            "Unavailable",
            await CallUnderAsync(Strace.FailingOn($"{root}/d/x.b", "lstat,stat,newfstatat,statx", "EIO"), root, "list:")
        );
    }

    [StraceFact]
    public async Task Writes_OnTheirWay_SyncEachStepBeforeTheNext()
    {
        var root = await SetUpAsync(replaces: true);
        var file = _scratch["trace"];
        await using var child = ChildProcess.StartUnder(
            Strace.Recording("pwrite64,pwritev,fsync,mkdir,link,rename,unlink", file),
            "blob-calls",
            root,
            "create:e/f/y:2:5000",
            "put:d/x:2:5000",
            "delete:d/x"
        );
        Assert.Equal(["ok", "ok", "ok"], await child.ReadToEndAsync());
        await child.RequireSuccessAsync();
        string[] temporary =
        [
            .. Strace
                .Read(file, root)
                .Where(call => call.StartsWith("pwritev ", StringComparison.Ordinal))
                .Select(call => call["pwritev ".Length..]),
        ];
        Assert.Equal(
            [
                "mkdir ./.rvault/tmp EEXIST",
                "mkdir ./.rvault/locks EEXIST",
                $"pwritev {temporary[0]}",
                $"fsync {temporary[0]}",
                "mkdir ./e",
                "fsync .",
                "mkdir ./e/f",
                "fsync ./e",
                $"link {temporary[0]} ./e/f/y.b",
                "fsync ./e/f",
                $"unlink {temporary[0]}",
                $"pwritev {temporary[1]}",
                $"fsync {temporary[1]}",
                "mkdir ./d EEXIST",
                "fsync .",
                $"rename {temporary[1]} ./d/x.b",
                "fsync ./d",
                $"unlink {temporary[1]} ENOENT",
                "unlink ./d/x.b",
                "fsync ./d",
            ],
            Strace.Read(file, root).Where(call => call.Contains(" .", StringComparison.Ordinal))
        );
    }

    /// <summary>
    /// Lets the first, the second … of some system calls of a write fail. <see cref="Writes_OnTheirWay_SyncEachStepBeforeTheNext"/> shows
    /// that there are no more than <paramref name="failures"/> of them.
    /// </summary>
    private Task RequireHonestAsync(
        string call,
        string systemCall,
        string errno,
        BlobError expected,
        int failures,
        bool replaces = false
    ) =>
        Task.WhenAll(
            Enumerable
                .Range(1, failures)
                .Select(async n =>
                {
                    var root = await SetUpAsync(replaces);
                    var answer = await CallUnderAsync(Strace.Failing(systemCall, errno, n), root, call);
                    var found = await VersionAsync(root);
                    var what = $"{call}, {systemCall} {n} fails with {errno}: ";
                    var (before, after) = Versions(call, replaces);
                    // What failed before it was published changed nothing and says why; what failed afterwards may have happened.
                    Assert.Equal(what + (found == before ? expected : BlobError.Unavailable), what + answer);
                    Assert.True(found == before || found == after, what + "neither old nor new");
                    Assert.True(TemporaryFiles(root).Length == 0, what + "a temporary file stayed");
                })
        );

    private async Task KillAsync(string call, string systemCall, int n, bool replaces = false)
    {
        var root = await SetUpAsync(replaces);
        await using var child = ChildProcess.StartUnder(Strace.Killing(systemCall, n), "blob-calls", root, call);
        Assert.Empty(await child.ReadToEndAsync());
        Assert.Equal(137, await child.WaitAsync());
        var found = await VersionAsync(root);
        var (before, after) = Versions(call, replaces);
        Assert.True(found == before || found == after, $"{call}, killed at {systemCall} {n}: neither old nor new");
        await new FileBlobStore(root, options: new FileBlobStoreOptions { LockTimeout = TimeSpan.Zero }).PutTextAsync("d/x", "next");
        Assert.Empty(TemporaryFiles(root));
    }

    private static (byte? Before, byte? After) Versions(string call, bool replaces) =>
        (replaces ? Old : null, call.StartsWith("delete", StringComparison.Ordinal) ? null : New);

    /// <summary>A fresh store with an old version of "d/x", or none.</summary>
    private async Task<string> SetUpAsync(bool replaces)
    {
        var root = _scratch[Guid.CreateVersion7().ToString()];
        var store = new FileBlobStore(root, options: new FileBlobStoreOptions { CreateIfMissing = true });
        await store.PutTextAsync("other", "x");
        if (replaces)
            await store.PutAsync("d/x", new(BlobContent.Version(Old, 3000)), PutCondition.IfAbsent);
        return root;
    }

    private static async Task<byte?> VersionAsync(string root) =>
        await new FileBlobStore(root).GetAsync("d/x") is { } blob ? BlobContent.RequireWhole(blob.Content.Span) : null;

    private static async Task<string> CallUnderAsync(string[] strace, string root, string call)
    {
        await using var child = ChildProcess.StartUnder(strace, "blob-calls", root, call);
        return await child.ReadLineAsync($"the answer of {call}");
    }

    private static string[] TemporaryFiles(string root) => Directory.GetFiles(Path.Join(root, ".rvault/tmp"));
}
