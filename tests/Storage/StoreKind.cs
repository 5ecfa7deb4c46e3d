using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>A kind of blob store that the suites of what is built on one run on. All that is opened is the same store.</summary>
public abstract class StoreKind : IAsyncDisposable
{
    /// <summary>As another process would open it.</summary>
    public abstract IBlobStore Open();

    /// <summary>Names and contents of all that is there.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LookAsync()
    {
        var store = Open();
        Dictionary<string, string> found = [];
        foreach (var name in await store.ListNamesAsync())
            found[name] = (await store.GetAsync(name))!.ETag + await store.GetTextAsync(name);
        return found;
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

public sealed class MemoryStoreKind : StoreKind
{
    private readonly MemoryBlobStore _store = new();

    public override IBlobStore Open() => _store;
}

public sealed class FileStoreKind : StoreKind
{
    private readonly string _root = Directory.CreateTempSubdirectory("rvault-test-").FullName;

    public override IBlobStore Open() => new FileBlobStore(_root, options: new FileBlobStoreOptions { CreateIfMissing = true });

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Assert.True(ChildProcess.Succeeds("rm", "-rf", _root), $"{_root} was not removed");
    }
}
