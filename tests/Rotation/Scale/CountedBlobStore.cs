using System.Buffers;
using RecoveryVault.Storage;

namespace RecoveryVault.Tests.Rotation.Scale;

/// <summary>Counts what is written and read.</summary>
internal sealed class CountedBlobStore(IBlobStore inner, SimulationFigures figures) : IBlobStore
{
    public Task<string> PutAsync(
        string name,
        ReadOnlySequence<byte> content,
        PutCondition condition,
        CancellationToken cancellation = default
    )
    {
        figures.NoteStored(isWrite: true);
        return inner.PutAsync(name, content, condition, cancellation);
    }

    public Task<Blob?> GetAsync(string name, CancellationToken cancellation = default)
    {
        figures.NoteStored(isWrite: false);
        return inner.GetAsync(name, cancellation);
    }

    public Task<int?> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellation = default)
    {
        figures.NoteStored(isWrite: false);
        return inner.ReadAsync(name, offset, destination, cancellation);
    }

    public Task<bool> DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellation = default)
    {
        figures.NoteStored(isWrite: true);
        return inner.DeleteAsync(name, ifMatch, cancellation);
    }

    public Task<BlobPage> ListAsync(string prefix, string? after = null, int maxCount = 5000, CancellationToken cancellation = default)
    {
        figures.NoteStored(isWrite: false);
        return inner.ListAsync(prefix, after, maxCount, cancellation);
    }
}
