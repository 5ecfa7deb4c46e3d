using System.Buffers;
using RecoveryVault.Catalogues;
using RecoveryVault.Format;

namespace RecoveryVault.Tests.Format;

/// <summary>A recovery point made in memory by the project's writers: two packs, of two epochs and both suites, and a manifest.</summary>
internal sealed class SmallRecoveryPoint : IDisposable
{
    private const int ChunkLength = 20_000;
    private readonly SealedObjectWriter[] _packs;
    private readonly HashSet<Digest> _stored = [];
    private readonly CatalogueWriter _catalogue;

    public SmallRecoveryPoint()
    {
        _packs = [new(ObjectType.Pack, First), new(ObjectType.Pack, Second, FormatSamples.Platform)];
        _catalogue = new(StoreAsync);
    }

    public DataKey First { get; } = FormatSamples.Dek();

    public DataKey Second { get; } = FormatSamples.Dek(epoch: 2, first: 50);

    public ItemKeySet Keys { get; } = ItemKeySet.Create();

    /// <summary>Adds an entry; of a file, content is cut into chunks, long runs of zeros into zero chunks.</summary>
    public async Task AddAsync(CatalogueEntry entry, byte[]? content = null)
    {
        if (content is not null)
        {
            var list = new ChunkListWriter(StoreAsync);
            foreach (var piece in content.Chunk(ChunkLength))
            {
                var isZero = piece.AsSpan().IndexOfAnyExcept((byte)0) < 0;
                await list.AddAsync(isZero ? new(default, piece.Length, true) : await StoreAsync(piece, default));
            }
            entry = entry with { Content = await list.FinishAsync(), Size = entry.DataExtents is null ? content.Length : entry.Size };
        }
        await _catalogue.AddAsync(entry);
    }

    public async Task<Manifest> FinishAsync() => ManifestTests.Sample with { Catalogue = await _catalogue.FinishAsync() };

    public byte[][] Packs() => [.. _packs.Select(pack => pack.Finish().ToArray())];

    public void Dispose()
    {
        foreach (var pack in _packs)
            pack.Dispose();
        First.Dispose();
        Second.Dispose();
        Keys.Dispose();
    }

    private ValueTask<ChunkRef> StoreAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellation)
    {
        var digest = Digest.Of(plaintext.Span);
        if (_stored.Add(digest))
        {
            var buffer = new byte[plaintext.Length];
            var isCompressed = PayloadCompression.TryCompress(plaintext.Span, buffer, out var length);
            var payload = isCompressed ? buffer.AsSpan(0, length) : plaintext.Span;
            var codec = isCompressed ? PayloadCodec.Zstd : PayloadCodec.Raw;
            _packs[_stored.Count % 2].Add(Keys.ChunkIdOf(digest), plaintext.Length, codec, payload);
        }
        return ValueTask.FromResult(new ChunkRef(digest, plaintext.Length));
    }
}
