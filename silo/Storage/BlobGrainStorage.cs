using System.Buffers;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RecoveryVault.Errors;

namespace RecoveryVault.Storage;

/// <summary>
/// Orleans grain storage on the blob store, with the blob naming and etag rules of Microsoft.Orleans.Persistence.AzureStorage
/// (<c>{container}/{stateName}-{grainId}.json</c>; no etag: create only; etag: replace that version; an empty blob is a cleared state).
/// </summary>
public sealed class BlobGrainStorage(IBlobStore store, BlobGrainStorageOptions options, IActivatorProvider activators) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var name = NameOf(stateName, grainId);
        var (value, etag) = await GetAsync<T>(name, cancellationToken);
        grainState.State = value ?? Fresh<T>();
        grainState.RecordExists = value is not null;
        grainState.ETag = etag;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var content = options.GrainStorageSerializer.Serialize(grainState.State).ToMemory();
        grainState.ETag = await PutAsync(NameOf(stateName, grainId), content, grainState.ETag, cancellationToken);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var name = NameOf(stateName, grainId);
        if (!options.DeleteStateOnClear)
        {
            grainState.ETag = await PutAsync(name, ReadOnlyMemory<byte>.Empty, grainState.ETag, cancellationToken);
        }
        else
        {
            await DeleteAsync(name, grainState.ETag, cancellationToken);
            grainState.ETag = null;
        }
        grainState.RecordExists = false;
        grainState.State = Fresh<T>();
    }

    /// <summary>A failure is coded here: no call filter sees what keeps a grain from being activated.</summary>
    private async Task<(T? Value, string? ETag)> GetAsync<T>(string name, CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(name, cancellation) is not { } blob ? default
                : blob.Content.IsEmpty ? (default, blob.ETag)
                : (options.GrainStorageSerializer.Deserialize<T>(BinaryData.FromBytes(blob.Content)), blob.ETag);
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            throw new VaultException(refusal.Code, $"The record '{name}' cannot be read: {refusal.Message}", refusal.Recommendation);
        }
    }

    private async Task<string> PutAsync(string name, ReadOnlyMemory<byte> content, string? etag, CancellationToken cancellation)
    {
        var condition = string.IsNullOrEmpty(etag) ? PutCondition.IfAbsent : PutCondition.IfMatch(etag);
        try
        {
            return await store.PutAsync(name, new ReadOnlySequence<byte>(content), condition, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            throw Inconsistent(name, etag, e);
        }
    }

    private async Task DeleteAsync(string name, string? etag, CancellationToken cancellation)
    {
        try
        {
            // Without an etag the caller has never seen a record: there may be none to delete, and one that is there is not his.
            if (!string.IsNullOrEmpty(etag))
                await store.DeleteAsync(name, etag, cancellation);
            else if (await store.GetAsync(name, cancellation) is { } other)
                throw Inconsistent(name, other.ETag, null);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            throw Inconsistent(name, etag, e);
        }
    }

    private static InconsistentStateException Inconsistent(string name, string? etag, Exception? inner) =>
        new($"Blob '{name}' has changed since it was read.", "Unknown", etag, inner);

    private T Fresh<T>() => activators.GetActivator<T>().Create();

    private string NameOf(string stateName, GrainId grainId) => $"{options.ContainerName}/{stateName}-{grainId}.json";
}
