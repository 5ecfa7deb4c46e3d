using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;

namespace RecoveryVault.Reclaim;

/// <summary>
/// Marks everything recovery points need, each shared node of their catalogues read once. A manifest or node that cannot be read stops it:
/// what lies behind is not known then, and nothing may be taken for unneeded.
/// </summary>
internal sealed class CatalogueMarking(
    IBlobStore store,
    ItemSecrets secrets,
    ItemIndex index,
    ItemIndex.Marks marks,
    ReclaimCounters counters
)
{
    /// <summary>Content missing beyond that is no accident of single packs: then nothing is deleted.</summary>
    public const int MaxMissing = 1 << 16;

    private const int ReadsInFlight = 4;
    private const int BatchCount = 64;
    private const int BatchBytes = 8 << 20;

    private readonly PackReader _packs = new(store, secrets);
    private readonly Stack<NodeReference> _pending = [];
    private readonly HashSet<ChunkId> _missing = [];

    /// <summary>Needed content that no pack known to the index has.</summary>
    public IReadOnlySet<ChunkId> Missing => _missing;

    /// <summary>Marks what one recovery point needs.</summary>
    /// <exception cref="VaultException">What is wrong with its manifest or catalogue.</exception>
    public async Task MarkAsync(RecoveryPointHead head, CancellationToken cancellation)
    {
        try
        {
            var manifest = await Manifests.ReadAsync(store, secrets, head.Manifest, head.HeadHash, cancellation);
            Need(NodeReferences.Root(manifest.Catalogue));
            while (_pending.Count > 0)
                await WalkAsync(cancellation);
        }
        catch (VaultException e) when (IsDamage(e.Code))
        {
            throw new VaultException(
                e.Code,
                $"Recovery point {head.Name} cannot be read in full, so nobody knows what it needs; nothing was deleted. {e.Message}",
                "See 'rvault recoverypoint verify'; a backup of the unchanged source heals it. If it is lost, delete it: once it is purged, reclaim goes on."
            );
        }
        counters.EndStep();
    }

    private static bool IsDamage(string code) =>
        code
            is ErrorCodes.DataMissing
                or ErrorCodes.DataBitRot
                or ErrorCodes.DataTampered
                or ErrorCodes.DataTooNew
                or ErrorCodes.WrongKey
                or ErrorCodes.CatalogueDamaged
                or ErrorCodes.CatalogueTooNew;

    private void Need(NodeReference reference)
    {
        var chunkId = secrets.Keys.ChunkIdOf(reference.Chunk.Digest);
        var isNode = reference.Marker is not null;
        var state = marks.Need(chunkId, isNode, out var isFirst);
        if (isNode && isFirst)
            _pending.Push(reference);
        else if (!isNode && state is ChunkState.Missing && _missing.Add(chunkId) && _missing.Count > MaxMissing)
            throw new VaultException(ErrorCodes.DataMissing, $"More than {MaxMissing} chunks are missing.");
    }

    private async Task WalkAsync(CancellationToken cancellation)
    {
        if (secrets.Permit is { } permit)
            await permit.RequireAsync();
        var nodes = NextNodes();
        List<ChunkRef> chunks = [.. nodes.Select(n => n.Chunk)];
        using var batch = new ReadBatch(chunks, Find, ReadsInFlight);
        foreach (var node in nodes)
        {
            await batch.AdvanceAsync(node.Chunk, read => _packs.ReadAsync(read, cancellation));
            using var content = batch.Take(node.Chunk);
            if (content.ErrorCode is { } code)
                throw new VaultException(code, "A part of its catalogue cannot be read.");
            foreach (var reference in NodeReferences.Of(node, content.Plaintext))
                Need(reference);
            counters.Add(node.Chunk.Length);
        }
    }

    private List<NodeReference> NextNodes()
    {
        List<NodeReference> nodes = [];
        for (long bytes = 0; nodes.Count < BatchCount && _pending.TryPeek(out var next); bytes += next.Chunk.Length)
        {
            if (nodes.Count > 0 && bytes + next.Chunk.Length > BatchBytes)
                break;
            nodes.Add(_pending.Pop());
        }
        return nodes;
    }

    private (ChunkPlace Place, string? Fault) Find(ChunkRef chunk) =>
        index.Find(secrets.Keys.ChunkIdOf(chunk.Digest), out var place) switch
        {
            ChunkState.Missing => (default, ErrorCodes.DataMissing),
            ChunkState.CutOff => (default, ErrorCodes.DataBitRot),
            _ when place.Frame.PlaintextLength != chunk.Length => (default, ErrorCodes.DataTampered),
            _ => (place, null),
        };
}
