using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;

namespace RecoveryVault.Restores;

/// <summary>How a verification is run.</summary>
public sealed record VerifyOptions
{
    /// <summary>Which recovery point; null: the latest.</summary>
    public string? RecoveryPoint { get; init; }

    /// <summary>Read and open every chunk, not only look it up.</summary>
    public bool ReadData { get; init; }

    /// <summary>Told of every damaged file, with the error code.</summary>
    public Action<RelativePath, string>? OnDamage { get; init; }

    /// <summary>Counts while the verification runs.</summary>
    public RestoreCounters Counters { get; init; } = new();
}

/// <summary>A finished verification.</summary>
public sealed record VerifyReport(
    Guid? JobId,
    string RecoveryPoint,
    bool ReadData,
    long Entries,
    long Bytes,
    long Damaged,
    TimeSpan Duration
);

/// <summary>Goes through a recovery point and counts the files that could not be restored.</summary>
internal sealed class TreeVerification(IRestoreChannel channel, VerifyOptions options)
{
    private const int LookupCount = 1024;

    private readonly CatalogueSource _catalogue = new(channel);
    private RelativePath? _lastDamaged;

    public long Damaged { get; private set; }

    public async Task RunAsync(CatalogueRoot root, CancellationToken cancellation)
    {
        var content = new ContentReader<RelativePath>(channel, Look);
        List<(RelativePath Path, ChunkRef Chunk)> lookups = [];
        try
        {
            await foreach (var entry in _catalogue.ReadAsync(root, RelativePath.Root, cancellation))
            {
                options.Counters.AddEntry();
                await foreach (var chunk in _catalogue.ReadContentAsync(entry, cancellation))
                {
                    if (options.ReadData)
                        await content.AddAsync(new WantedChunk<RelativePath>(entry.Path, chunk, 0, false), cancellation);
                    else
                        lookups.Add((entry.Path, chunk));
                }
                if (lookups.Count >= LookupCount)
                    await LookUpAsync(lookups, cancellation);
            }
            await LookUpAsync(lookups, cancellation);
            await content.FinishAsync(cancellation);
        }
        catch
        {
            await content.StopAsync();
            throw;
        }
    }

    private async Task LookUpAsync(List<(RelativePath Path, ChunkRef Chunk)> lookups, CancellationToken cancellation)
    {
        foreach (var part in lookups.Chunk(LookupCount))
        {
            var codes = await channel.CheckAsync([.. part.Select(l => l.Chunk)], cancellation);
            for (var i = 0; i < codes.Length; i++)
                Count(part[i].Path, part[i].Chunk, codes[i]);
        }
        lookups.Clear();
    }

    private ValueTask Look(WantedChunk<RelativePath> wanted, ChunkContent content)
    {
        Count(wanted.Owner, wanted.Chunk, content.ErrorCode);
        return ValueTask.CompletedTask;
    }

    private void Count(RelativePath path, ChunkRef chunk, string? code)
    {
        options.Counters.AddBytes(chunk.Length);
        if (code is null || _lastDamaged == path)
            return;
        _lastDamaged = path;
        Damaged++;
        options.OnDamage?.Invoke(path, code);
    }
}
