using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Tests.Backups;

/// <summary>Answers as a session does whose store has lost some chunks.</summary>
internal sealed class ForgetfulChannel(IBackupChannel inner, Func<ChunkRef, bool> isLost) : IBackupChannel
{
    public HashSet<ChunkRef> Put { get; } = [];

    public ChunkerSettings Chunker => inner.Chunker;

    public async ValueTask<bool[]> FindNewAsync(IReadOnlyList<ChunkRef> chunks, CancellationToken cancellation)
    {
        Assert.InRange(chunks.Count, 1, IBackupChannel.MaxQuery);
        var isNew = await inner.FindNewAsync(chunks, cancellation);
        return [.. isNew.Select((known, i) => known || (isLost(chunks[i]) && !Put.Contains(chunks[i])))];
    }

    public ValueTask PutAsync(ChunkRef chunk, IMemoryOwner<byte> plaintext, CancellationToken cancellation)
    {
        Put.Add(chunk);
        return inner.PutAsync(chunk, plaintext, cancellation);
    }

    public Task FlushAsync(CancellationToken cancellation) => inner.FlushAsync(cancellation);
}
