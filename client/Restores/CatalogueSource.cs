using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;

namespace RecoveryVault.Restores;

/// <summary>Reads a recovery point's catalogue through a restore session.</summary>
/// <param name="channel">The session.</param>
/// <param name="lost">Told of every stretch of the catalogue that cannot be read; null: the first one ends the reading.</param>
internal sealed class CatalogueSource(IRestoreChannel channel, Action<LostEntries>? lost = null)
{
    /// <summary>As many of 64 KiB as hide the way to a store that is far away.</summary>
    private const int NodesAhead = 4;

    private readonly RecentNodes _recent = new();

    /// <summary>The entry at a path and all below it; everything when the path is the root's.</summary>
    public IAsyncEnumerable<CatalogueEntry> ReadAsync(CatalogueRoot root, RelativePath from, CancellationToken cancellation) =>
        new CatalogueReader(FetchAsync, lost, NodesAhead).ReadAsync(root, from, cancellation);

    /// <summary>The chunks of a file's content, in order.</summary>
    public IAsyncEnumerable<ChunkRef> ReadContentAsync(CatalogueEntry file, CancellationToken cancellation) =>
        new ChunkListReader(FetchAsync).ReadAsync(file.Content, cancellation);

    /// <summary>The entry at a path; null when there is none.</summary>
    public async ValueTask<CatalogueEntry?> FindAsync(CatalogueRoot root, RelativePath path, CancellationToken cancellation)
    {
        // What lies below it is not wanted.
        await foreach (var entry in new CatalogueReader(FetchAsync, lost).ReadAsync(root, path, cancellation))
            return entry.Path == path ? entry : null;
        return null;
    }

    /// <summary>True for a code that tells of damage to what is stored: it costs what is stored there, and nothing else.</summary>
    public static bool IsDamage(string code) => LostEntries.IsDamage(code);

    private async ValueTask<ReadOnlyMemory<byte>> FetchAsync(ChunkRef chunk, CancellationToken cancellation)
    {
        if (_recent.TryFind(chunk, out var known))
            return known;
        var node = await ReadAsync(chunk, cancellation);
        _recent.Add(chunk, node);
        return node;
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkRef chunk, CancellationToken cancellation)
    {
        await foreach (var content in channel.ReadAsync([chunk], cancellation))
        {
            using (content)
            {
                return content.ErrorCode is { } code
                    ? throw new VaultException(code, "A part of the recovery point's catalogue cannot be read.")
                    : content.Plaintext.ToArray();
            }
        }
        throw new VaultException(ErrorCodes.SessionLost, "The restore session ended while the catalogue was read.");
    }
}
