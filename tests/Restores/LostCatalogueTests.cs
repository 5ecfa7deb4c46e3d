using System.Globalization;
using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Restores;
using RecoveryVault.Tests.Backups;
using RecoveryVault.Tests.Files;

namespace RecoveryVault.Tests.Restores;

/// <summary>Nodes of a catalogue that cannot be read cost the entries in them, and no other.</summary>
public sealed class LostCatalogueTests : IAsyncLifetime, IDisposable
{
    private const int Folders = 30;
    private const int FilesInEach = 60;

    private readonly RawTree _source = new("/dev/shm");
    private readonly TreePipeline _pipeline = new();
    private readonly List<LostEntries> _lost = [];
    private List<CatalogueEntry> _entries = [];
    private List<ChunkRef> _segments = [];
    private CatalogueRoot _root = new(0, default);

    public async Task InitializeAsync()
    {
        for (var folder = 0; folder < Folders; folder++)
        {
            _source.Folder($"d{folder:d2}", 0x1C9).Folder($"d{folder:d2}/deep");
            for (var file = 0; file < FilesInEach; file++)
                _source.Text($"d{folder:d2}/{(file % 2 == 0 ? "deep/" : "")}{file:d3}-{new string('n', 60)}", $"{folder} {file}");
        }
        _root = await _pipeline.BackUpAsync(_source.Root);
        _entries = await _pipeline.ListAsync(_root);
        _segments = [.. _pipeline.Channel.Chunks.Where(c => c.Length > 2000 && _pipeline.Channel.Read(c)[0] == 0)];
        Assert.True(_root.Level > 0 && _segments.Count > 2, "The tree is too small to have several nodes.");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task Restore_NodeLost_WithoutContinuing_IsRefused()
    {
        _pipeline.Channel.Damage(_segments[0], ErrorCodes.DataMissing);
        using var target = new RawTree("/dev/shm");

        var refusal = await Assert.ThrowsAsync<VaultException>(() => _pipeline.RestoreAsync(_root, target.Root));

        Assert.Equal(ErrorCodes.DataMissing, refusal.Code);
    }

    [Fact]
    public async Task Restore_RootNodeLost_IsRefusedEvenThen()
    {
        _pipeline.Channel.Damage(_root.Node, ErrorCodes.DataTampered);
        using var target = new RawTree("/dev/shm");

        var refusal = await Assert.ThrowsAsync<VaultException>(() => RestoreAsync(target));

        Assert.Equal(ErrorCodes.DataTampered, refusal.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(target.Root));
    }

    [Fact]
    public async Task Restore_AnyNodeLost_BringsEverythingElse()
    {
        foreach (var segment in _segments)
        {
            _lost.Clear();
            using var target = new RawTree("/dev/shm");
            var damaged = _pipeline.Channel.Without(segment, ErrorCodes.DataBitRot);

            await RestoreAsync(target, damaged);

            var lost = Assert.Single(_lost);
            Assert.Equal(ErrorCodes.DataBitRot, lost.Code);
            var kept = _entries.Where(e => !lost.MayHold(e.Path) && !e.Path.IsRoot).ToList();
            Assert.InRange(kept.Count, _entries.Count / 4, _entries.Count - 2);
            foreach (var entry in kept.Where(e => e.Type == EntryType.File))
                Assert.Equal(ContentOf(entry.Path.ToString()), await File.ReadAllTextAsync(target[entry.Path.ToString()]));
            Assert.Equal(
                kept.Count(e => e.Type == EntryType.File),
                Directory.GetFiles(target.Root, "*", SearchOption.AllDirectories).Length
            );
            RequireModes(target, lost);
        }
    }

    [Fact]
    public async Task Restore_IncludedPathLost_TellsOfItAndBringsTheOthers()
    {
        var last = _entries.Last(e => e.Type == EntryType.File).Path;
        var first = _entries.First(e => e.Type == EntryType.File).Path;
        var segment = await SegmentOfAsync(last);
        _pipeline.Channel.Damage(segment, ErrorCodes.DataMissing);
        using var target = new RawTree("/dev/shm");

        await RestoreAsync(target, include: [last, first]);

        Assert.True(Assert.Single(_lost).MayHold(last));
        Assert.Equal([target[first.ToString()]], Directory.GetFiles(target.Root, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Verify_NodesLost_CountsThemAndChecksEverythingElse()
    {
        _pipeline.Channel.Damage(_segments[0], ErrorCodes.DataMissing);
        _pipeline.Channel.Damage(_segments[^1], ErrorCodes.DataTampered);
        var options = new VerifyOptions { OnLost = _lost.Add };
        using var verification = new TreeVerification(_pipeline.Channel, options);

        await verification.RunAsync(_root, CancellationToken.None);

        Assert.Equal((0, 2), (verification.Damaged, verification.Lost));
        Assert.Equal([ErrorCodes.DataMissing, ErrorCodes.DataTampered], _lost.Select(l => l.Code).Order());
        Assert.Equal(_entries.Count(e => !_lost.Any(l => l.MayHold(e.Path))), options.Counters.Entries);
    }

    private async Task<ChunkRef> SegmentOfAsync(RelativePath path)
    {
        foreach (var segment in _segments)
        {
            List<LostEntries> lost = [];
            var damaged = _pipeline.Channel.Without(segment, ErrorCodes.DataMissing);
            await foreach (var _ in new CatalogueSource(damaged, lost.Add).ReadAsync(_root, RelativePath.Root, CancellationToken.None)) { }
            if (lost[0].MayHold(path))
                return segment;
        }
        throw new InvalidOperationException($"No segment holds {path}.");
    }

    /// <summary>Directories whose entry is there have their mode; of the others nobody knows whom they were open to.</summary>
    private void RequireModes(RawTree target, LostEntries lost)
    {
        foreach (var folder in _entries.Where(e => e is { Type: EntryType.Directory, Path.IsRoot: false }))
        {
            var path = folder.Path.ToString();
            if (target.Exists(path))
                Assert.Equal(lost.MayHold(folder.Path) ? 0x1C0 : folder.Mode, target.Stat(path).Mode);
        }
    }

    private static string ContentOf(string path) =>
        $"{int.Parse(path[1..3], CultureInfo.InvariantCulture)} {int.Parse(path.Split('/')[^1][..3], CultureInfo.InvariantCulture)}";

    private async Task RestoreAsync(RawTree target, MemoryChannel? channel = null, params IReadOnlyList<RelativePath> include)
    {
        var pipeline = new TreePipeline { Channel = channel ?? _pipeline.Channel };
        var options = new RestoreOptions
        {
            Target = target.Root,
            ContinueOnDamage = true,
            Include = include,
            OnLost = _lost.Add,
        };
        await pipeline.RestoreAsync(_root, target.Root, options);
    }
}
