using System.Diagnostics.CodeAnalysis;
using Orleans.Core;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Records;

/// <summary>A grain's state as Orleans hands it out, on the real grain storage: what the storage throws comes wrapped.</summary>
internal sealed class StoredState<T>(BlobGrainStorage storage, GrainId grainId) : IPersistentState<T>, IGrainState<T>
    where T : class
{
    [AllowNull]
    public T State
    {
        get;
        set => field = value ?? StorageSamples.Fresh<T>();
    } = StorageSamples.Fresh<T>();

    public string? ETag { get; set; }

    string IStorage.Etag => ETag ?? "";

    public bool RecordExists { get; set; }

    public Task ReadStateAsync() => WrapAsync(() => storage.ReadStateAsync("record", grainId, this));

    public Task WriteStateAsync() => WrapAsync(() => storage.WriteStateAsync("record", grainId, this));

    public Task ClearStateAsync() => WrapAsync(() => storage.ClearStateAsync("record", grainId, this));

    private static async Task WrapAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is not OrleansException)
        {
            throw new OrleansException("Error from storage provider.", e);
        }
    }
}
