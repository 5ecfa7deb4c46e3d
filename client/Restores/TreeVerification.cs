using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Errors;

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
internal sealed class TreeVerification(IRestoreChannel channel, VerifyOptions options) : IDisposable
{
    private const int LookupCount = 1024;

    private readonly CatalogueSource _catalogue = new(channel);
    private readonly List<(VerifiedFile File, ChunkRef Chunk)> _lookups = [];
    private ContentReader<VerifiedFile>? _content;
    private long _damaged;

    public long Damaged => Interlocked.Read(ref _damaged);

    private ContentReader<VerifiedFile> Content => _content ??= new(channel, Look);

    /// <summary>A file that counts as damaged once, whatever is damaged of it.</summary>
    private sealed class VerifiedFile(RelativePath path)
    {
        private int _isDamaged;

        public RelativePath Path => path;

        public bool TryDamage() => Interlocked.Exchange(ref _isDamaged, 1) == 0;
    }

    public async Task RunAsync(CatalogueRoot root, CancellationToken cancellation)
    {
        try
        {
            await foreach (var entry in _catalogue.ReadAsync(root, RelativePath.Root, cancellation))
            {
                options.Counters.AddEntry();
                await VerifyAsync(entry, cancellation);
            }
            await DrainAsync(cancellation);
        }
        catch
        {
            await Content.StopAsync();
            throw;
        }
    }

    public void Dispose() => _content?.Dispose();

    private async Task VerifyAsync(CatalogueEntry entry, CancellationToken cancellation)
    {
        var file = new VerifiedFile(entry.Path);
        string damage;
        try
        {
            await foreach (var chunk in _catalogue.ReadContentAsync(entry, cancellation))
                await WantAsync(file, chunk, cancellation);
            return;
        }
        catch (VaultException e) when (CatalogueSource.IsDamage(e.Code))
        {
            damage = e.Code;
        }
        // Of a file whose list of chunks is damaged, what came before is verified first.
        await DrainAsync(cancellation);
        Damage(file, damage);
    }

    private async ValueTask WantAsync(VerifiedFile file, ChunkRef chunk, CancellationToken cancellation)
    {
        if (options.ReadData)
        {
            await Content.AddAsync(new WantedChunk<VerifiedFile>(file, chunk, 0), cancellation);
            return;
        }
        _lookups.Add((file, chunk));
        if (_lookups.Count == LookupCount)
            await LookUpAsync(cancellation);
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        await LookUpAsync(cancellation);
        await Content.FinishAsync(cancellation);
    }

    private async Task LookUpAsync(CancellationToken cancellation)
    {
        var codes = await channel.CheckAsync([.. _lookups.Select(l => l.Chunk)], cancellation);
        for (var i = 0; i < codes.Length; i++)
            Count(_lookups[i].File, _lookups[i].Chunk, codes[i]);
        _lookups.Clear();
    }

    private ValueTask Look(WantedChunk<VerifiedFile> wanted, ChunkContent content)
    {
        Count(wanted.Owner, wanted.Chunk, content.ErrorCode);
        return ValueTask.CompletedTask;
    }

    private void Count(VerifiedFile file, ChunkRef chunk, string? code)
    {
        options.Counters.AddBytes(chunk.Length);
        if (code is not null)
            Damage(file, code);
    }

    private void Damage(VerifiedFile file, string code)
    {
        if (!file.TryDamage())
            return;
        Interlocked.Increment(ref _damaged);
        lock (_lookups)
            options.OnDamage?.Invoke(file.Path, code);
    }
}
