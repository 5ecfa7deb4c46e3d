using System.Buffers;
using Orleans.Providers;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RecoveryVault.Errors;

namespace RecoveryVault.Storage;

/// <summary>
/// Orleans grain storage on the blob store, with the blob naming and etag rules of Microsoft.Orleans.Persistence.AzureStorage
/// (<c>{container}/{stateName}-{grainId}.json</c>; no etag: create only; etag: replace that version; an empty blob is a cleared state).
/// </summary>
public sealed class BlobGrainStorage(
    IBlobStore store,
    BlobGrainStorageOptions options,
    IActivatorProvider activators,
    string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME
) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>A silo whose records cannot be reached does not start.</summary>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(
            OptionFormattingUtilities.Name<BlobGrainStorage>(name),
            options.InitStage,
            cancellation => store.ReadAsync(options.ContainerName, 0, Memory<byte>.Empty, cancellation)
        );

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var found = await GetAsync<T>(NameOf(stateName, grainId), cancellationToken);
        grainState.State = found.Exists && found.Value is { } value ? value : Fresh<T>();
        grainState.RecordExists = found.Exists;
        grainState.ETag = found.ETag;
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
        var blob = NameOf(stateName, grainId);
        if (!options.DeleteStateOnClear)
        {
            grainState.ETag = await PutAsync(blob, ReadOnlyMemory<byte>.Empty, grainState.ETag, cancellationToken);
        }
        else
        {
            await DeleteAsync(blob, grainState.ETag, cancellationToken);
            grainState.ETag = null;
        }
        grainState.RecordExists = false;
        grainState.State = Fresh<T>();
    }

    /// <summary>A failure is coded here: no call filter sees what keeps a grain from being activated.</summary>
    private async Task<(bool Exists, T? Value, string? ETag)> GetAsync<T>(string blobName, CancellationToken cancellation)
    {
        try
        {
            return await store.GetAsync(blobName, cancellation) is not { } blob ? default
                : blob.Content.IsEmpty ? (false, default, blob.ETag)
                : (true, options.GrainStorageSerializer.Deserialize<T>(BinaryData.FromBytes(blob.Content)), blob.ETag);
        }
        catch (Exception e) when (Refusals.Find(e) is { } refusal)
        {
            throw new VaultException(refusal.Code, $"The record '{blobName}' cannot be read: {refusal.Message}", refusal.Recommendation);
        }
    }

    private async Task<string> PutAsync(string blobName, ReadOnlyMemory<byte> content, string? etag, CancellationToken cancellation)
    {
        var condition = string.IsNullOrEmpty(etag) ? PutCondition.IfAbsent : PutCondition.IfMatch(etag);
        try
        {
            return await store.PutAsync(blobName, new ReadOnlySequence<byte>(content), condition, cancellation);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            throw Inconsistent(blobName, etag, e);
        }
    }

    private async Task DeleteAsync(string blobName, string? etag, CancellationToken cancellation)
    {
        try
        {
            // Without an etag the caller has never seen a record: there may be none to delete, and one that is there is not his.
            if (!string.IsNullOrEmpty(etag))
                await store.DeleteAsync(blobName, etag, cancellation);
            else if (await store.GetAsync(blobName, cancellation) is { } other)
                throw Inconsistent(blobName, other.ETag, null);
        }
        catch (BlobStoreException e) when (e.Error == BlobError.PreconditionFailed)
        {
            throw Inconsistent(blobName, etag, e);
        }
    }

    private static InconsistentStateException Inconsistent(string blobName, string? etag, Exception? inner) =>
        new($"Blob '{blobName}' has changed since it was read.", "Unknown", etag, inner);

    private T Fresh<T>() => activators.GetActivator<T>().Create();

    private string NameOf(string stateName, GrainId grainId) => $"{options.ContainerName}/{stateName}-{grainId}.json";
}
