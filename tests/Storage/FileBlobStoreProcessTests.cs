using System.Buffers;
using System.Globalization;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Processes;

namespace RecoveryVault.Tests.Storage;

/// <summary>One store directory, several processes, some of which die.</summary>
public sealed class FileBlobStoreProcessTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly FileBlobStore _store;

    public FileBlobStoreProcessTests() =>
        _store = new FileBlobStore(_scratch.Path, options: new FileBlobStoreOptions { CreateIfMissing = true });

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Put_TwoProcessesIncrementByETag_NoUpdateIsLost()
    {
        const int Each = 100;
        await _store.PutTextAsync("counter", "0");
        await using var one = ChildProcess.Start("blob-increment", _scratch.Path, "counter", $"{Each}");
        await using var two = ChildProcess.Start("blob-increment", _scratch.Path, "counter", $"{Each}");
        foreach (var child in new[] { one, two })
            Assert.Equal("ready", await child.ReadLineAsync("an opened store"));
        foreach (var child in new[] { one, two })
            await child.WriteLineAsync("go");
        for (var i = 0; i < Each; i++)
            await BlobStoreConformance.IncrementAsync(_store, "counter");
        foreach (var child in new[] { one, two })
            await child.RequireSuccessAsync();
        Assert.Equal((3 * Each).ToString(CultureInfo.InvariantCulture), await _store.GetTextAsync("counter"));
    }

    [Fact]
    public async Task Put_WriterKilledAnywhere_LeavesAWholeVersionAndNoLock()
    {
        const int Length = 300_000;
        string[] names = ["0", "1", "2"];
        foreach (var name in names)
            await _store.PutAsync(name, new ReadOnlySequence<byte>(BlobContent.Version(0, Length)), PutCondition.IfAbsent);
        await using var child = ChildProcess.Start("blob-put-for-ever", _scratch.Path, $"{Length}");
        List<string> lines = [];
        while (lines.Count < 41)
            lines.Add(await child.ReadLineAsync("a version put"));
        await child.KillAsync();
        lines.AddRange(await child.ReadToEndAsync());

        foreach (var name in names)
        {
            var blob = await _store.GetAsync(name);
            Assert.NotNull(blob);
            Assert.Contains((int)BlobContent.RequireWhole(blob.Content.Span), PossibleVersions(lines, name));
            await _store.PutTextAsync(name, "next", PutCondition.IfMatch(blob.ETag));
        }
        await new FileBlobStore(_scratch.Path).PutTextAsync("after", "x");
        Assert.Empty(Directory.EnumerateFiles(_scratch[".rvault/tmp"]));
    }

    /// <summary>The version last acknowledged, and the one announced after it if the child came no further.</summary>
    private static List<int> PossibleVersions(List<string> lines, string name)
    {
        List<int> possible = [0];
        for (var i = 0; i < lines.Count; i++)
        {
            if (!lines[i].StartsWith(name + " ", StringComparison.Ordinal))
                continue;
            var version = int.Parse(lines[i].AsSpan(2), CultureInfo.InvariantCulture) % 256;
            var isAcknowledged = i + 1 < lines.Count && lines[i + 1] == "ok";
            possible = isAcknowledged ? [version] : [.. possible, version];
        }
        return possible;
    }
}
