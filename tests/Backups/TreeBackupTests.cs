using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Tests.Files;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Backups;

public sealed class TreeBackupTests : IDisposable
{
    private readonly RawTree _source = new();
    private readonly TreePipeline _pipeline = new();

    public void Dispose() => _source.Dispose();

    [LinuxRootFact]
    public async Task BackUp_UnreadableFiles_ListsThemCountsThemAndKeepsTheRest()
    {
        _source.Folder("closed", 0x1C0).Text("closed/f", "x").Text("secret", "12345", 0x180).Text("open", "123");
        var root = default(CatalogueRoot);

        await Unprivileged.RunAsync(() => root = _pipeline.BackUpAsync(_source.Root).GetAwaiter().GetResult());

        Assert.Equal(["closed", "secret"], _pipeline.Problems.Select(problem => problem.Path.ToString()));
        Assert.Equal((2, 2, 2, 3), Counts(_pipeline.Statistics));
        Assert.All(_pipeline.Warnings, warning => Assert.Equal(ErrorCodes.FilesUnreadable, warning.Code));
        Assert.Contains("secret", _pipeline.Warnings[1].Message, StringComparison.Ordinal);
        var entries = await _pipeline.ListAsync(root);
        Assert.Equal([0, 13, 0, 13], entries.Select(entry => entry.ReadError));
        Assert.Equal(5, entries[3].Size);
        Assert.Equal(0, _source.OpenCount);
    }

    [LinuxRootFact]
    public async Task BackUp_ManyUnreadableFiles_KeepsTheFirstWarningsOnly()
    {
        for (var i = 0; i < CommitBackup.MaxWarnings + 20; i++)
            _source.Text($"{i:d3}", "x", 0x180);

        await Unprivileged.RunAsync(() => _ = _pipeline.BackUpAsync(_source.Root).GetAwaiter().GetResult());

        Assert.Equal(CommitBackup.MaxWarnings, _pipeline.Warnings.Count);
        Assert.Equal(CommitBackup.MaxWarnings + 20, _pipeline.Statistics.FilesUnreadable);
    }

    [Fact]
    public async Task BackUp_Excludes_AreCounted()
    {
        _source.Folder("cache").Text("cache/f", "x").Text("a.tmp", "1234").Text("kept", "x");
        var item = TreePipeline.SourceOf(_source.Root) with { Excludes = ["cache/", "*.tmp"] };

        await _pipeline.BackUpAsync(_source.Root, item);

        Assert.Equal((2, 4), (_pipeline.Statistics.FilesExcluded, _pipeline.Statistics.BytesExcluded));
        Assert.Equal(2, _pipeline.Statistics.Entries);
    }

    [Fact]
    public async Task BackUp_Unchanged_PutsNothingNew()
    {
        _source.Text("a", "x").Content("b", new byte[1_000_000]);
        var first = await _pipeline.BackUpAsync(_source.Root);
        var put = _pipeline.Channel.BytesPut;

        Assert.Equal(first, await _pipeline.BackUpAsync(_source.Root));

        Assert.Equal(put, _pipeline.Channel.BytesPut);
    }

    [Fact]
    public async Task BackUp_FileOfWrittenZeros_StoresNothingOfIt()
    {
        _source.Content("zeros", new byte[3_000_001]);

        var root = await _pipeline.BackUpAsync(_source.Root);

        var file = (await _pipeline.ListAsync(root)).Single(entry => entry.Path == RelativePath.FromText("zeros"));
        Assert.Equal(3_000_001, file.Content.Length);
        Assert.All(file.Content.Refs, chunk => Assert.True(chunk.IsZero));
        // The catalogue's node and nothing else.
        Assert.Equal([root.Node], _pipeline.Channel.Chunks);
        Assert.Equal(root.Node.Length, _pipeline.Channel.BytesPut);
    }

    [Fact]
    public async Task Restore_FileWithZerosBetween_IsTheSame()
    {
        using var target = new RawTree();
        var content = new byte[2_000_000];
        (content[0], content[^1]) = (1, 2);
        _source.Content("mostly", content).Content("zeros", new byte[1_000_000]);

        Assert.Empty(await _pipeline.RoundTripAsync(_source.Root, Path.Join(target.Root, "restored")));

        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Join(target.Root, "restored", "mostly")));
        Assert.Equal(new byte[1_000_000], await File.ReadAllBytesAsync(Path.Join(target.Root, "restored", "zeros")));
    }

    private static (long, long, long, long) Counts(BackupStatistics counts) =>
        (counts.FilesUnreadable, counts.Files, counts.Directories, counts.SizeBytes);
}
