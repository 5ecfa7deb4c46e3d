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

    /// <summary>Told of every stretch of the list of files that cannot be read.</summary>
    public Action<LostEntries>? OnLost { get; init; }

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
)
{
    /// <summary>Stretches of the list of files that cannot be read.</summary>
    public long Lost { get; init; }
}

/// <summary>Goes through a recovery point and counts the files that could not be restored.</summary>
internal sealed class TreeVerification : IDisposable
{
    private const int LookupCount = 1024;

    private readonly IRestoreChannel _channel;
    private readonly VerifyOptions _options;
    private readonly CatalogueSource _catalogue;
    private readonly ContentReader<VerifiedFile> _content;
    private readonly List<(VerifiedFile File, ChunkRef Chunk)> _lookups = [];
    private long _damaged;

    public TreeVerification(IRestoreChannel channel, VerifyOptions options)
    {
        (_channel, _options) = (channel, options);
        _catalogue = new CatalogueSource(channel, Lose);
        _content = new ContentReader<VerifiedFile>(channel, Look);
    }

    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>Stretches of the catalogue that cannot be read.</summary>
    public long Lost { get; private set; }

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
                _options.Counters.AddEntry();
                await VerifyAsync(entry, cancellation);
            }
            await DrainAsync(cancellation);
        }
        catch
        {
            await _content.StopAsync();
            throw;
        }
    }

    public void Dispose() => _content.Dispose();

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
        if (_options.ReadData)
        {
            await _content.AddAsync(new WantedChunk<VerifiedFile>(file, chunk, 0), cancellation);
            return;
        }
        _lookups.Add((file, chunk));
        if (_lookups.Count == LookupCount)
            await LookUpAsync(cancellation);
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        await LookUpAsync(cancellation);
        await _content.FinishAsync(cancellation);
    }

    private async Task LookUpAsync(CancellationToken cancellation)
    {
        var codes = await _channel.CheckAsync([.. _lookups.Select(l => l.Chunk)], cancellation);
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
        _options.Counters.AddBytes(chunk.Length);
        if (code is not null)
            Damage(file, code);
    }

    private void Lose(LostEntries lost)
    {
        Lost++;
        lock (_lookups)
            _options.OnLost?.Invoke(lost);
    }

    private void Damage(VerifiedFile file, string code)
    {
        if (!file.TryDamage())
            return;
        Interlocked.Increment(ref _damaged);
        lock (_lookups)
            _options.OnDamage?.Invoke(file.Path, code);
    }
}
