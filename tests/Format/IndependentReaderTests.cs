using System.Security.Cryptography;
using RecoveryVault.Catalogues;
using RecoveryVault.Format;
using RecoveryVault.Tests.Catalogues;

namespace RecoveryVault.Tests.Format;

/// <summary>FORMAT.md is enough: a reader of another hand and language restores what the project's writers wrote.</summary>
public sealed class IndependentReaderTests : IDisposable
{
    private static readonly byte[] Noise = RandomNumberGenerator.GetBytes(1_000_000);
    private static readonly byte[] Holes = [.. new byte[300_000], .. "end"u8];
    private static readonly FileTime Modified = new(1_600_000_000, 123_456_789);
    private readonly SmallRecoveryPoint _point = new();
    private readonly IndependentReader _reader = new();
    private string _headHash = "";

    [PythonFact]
    public async Task Restore_OfARecoveryPoint_WritesItsFiles()
    {
        var arguments = await ExportAsync();
        var (exitCode, _, error) = await IndependentReader.RunAsync(["restore", .. arguments, "--out", _reader.Target]);
        var head = $"{ManifestTests.Sample.RecoveryPoint}, number 2, head hash {_headHash}\n";
        Assert.Equal((0, head + "not restored: b'unreadable' (file)\n"), (exitCode, error));
        Assert.Equal("hello"u8, Read("a.txt"));
        Assert.True(Noise.AsSpan().SequenceEqual(Read("dir/noise")));
        Assert.True(Holes.AsSpan().SequenceEqual(Read("dir/zeros")));
        Assert.Equal([.. new byte[4096], .. "data"u8, .. new byte[900]], Read("sparse"));
        Assert.Empty(Read("dir/empty"));
        Assert.Equal("../a.txt", new FileInfo(Path.Combine(_reader.Target, "dir/link")).LinkTarget);
        var file = new FileInfo(Path.Combine(_reader.Target, "a.txt"));
        var modified = DateTime.UnixEpoch.AddSeconds(Modified.Seconds).AddTicks(Modified.Nanoseconds / 100);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherExecute, file.UnixFileMode);
        Assert.Equal(modified, file.LastWriteTimeUtc);
        Assert.Equal(modified, Directory.GetLastWriteTimeUtc(Path.Combine(_reader.Target, "dir")));
        File.AppendAllText(Path.Combine(_reader.Target, "dir/name1"), "!");
        Assert.Equal("two names!"u8, Read("dir/name2"));
    }

    [PythonFact]
    public async Task List_OfARecoveryPoint_PrintsEveryEntryWithItsDigest()
    {
        var (exitCode, output, _) = await IndependentReader.RunAsync(["list", .. await ExportAsync()]);
        Assert.Equal(0, exitCode);
        Assert.Equal(
            [
                "directory 0755 0 - .",
                $"file 0601 5 {Sha256("hello"u8)} a.txt",
                "directory 0755 0 - dir",
                $"file 0644 0 {Sha256([])} dir/empty",
                "symlink 0777 0 - dir/link",
                $"file 0644 9 {Sha256("two names"u8)} dir/name1",
                $"file 0644 9 {Sha256("two names"u8)} dir/name2",
                $"file 0644 {Noise.Length} {Sha256(Noise)} dir/noise",
                $"file 0644 {Holes.Length} {Sha256(Holes)} dir/zeros",
                $"file 0644 5000 {Sha256([.. new byte[4096], .. "data"u8, .. new byte[900]])} sparse",
                "file 0644 7 - unreadable",
            ],
            output.TrimEnd('\n').Split('\n')
        );
    }

    [PythonFact]
    public async Task Restore_OfATamperedPack_Fails()
    {
        var arguments = await ExportAsync();
        var path = Path.Combine(_reader.Objects, "pack-0");
        var pack = File.ReadAllBytes(path);
        pack[200] ^= 1;
        File.WriteAllBytes(path, FormatSamples.Repair(pack));
        var (exitCode, _, error) = await IndependentReader.RunAsync(["restore", .. arguments, "--out", _reader.Target]);
        Assert.Equal(1, exitCode);
        Assert.Contains("does not authenticate", error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _point.Dispose();
        _reader.Dispose();
    }

    private async Task<string[]> ExportAsync()
    {
        await FillAsync();
        var plaintext = (await _point.FinishAsync()).Encode();
        _headHash = _point.Keys.HeadHashOf(plaintext).ToString();
        foreach (var (number, pack) in _point.Packs().Index())
            _reader.Export($"pack-{number}", pack);
        var manifest = _reader.Export(
            "manifest",
            FormatSamples.Body(ObjectType.Manifest, _point.Second, plaintext, FormatSamples.Platform)
        );
        var keys = _reader.ExportKeys([_point.First, _point.Second], _point.First, _point.Keys, FormatSamples.Platform);
        return ["--objects", _reader.Objects, "--manifest", manifest, "--keys", keys];
    }

    private async Task FillAsync()
    {
        var named = FileAt("dir/name1") with { Identity = new(new(8, 1), 4711, Modified), IsHardLinked = true };
        await _point.AddAsync(DirectoryAt(""));
        await _point.AddAsync(FileAt("a.txt") with { Mode = 0x181 }, "hello"u8.ToArray());
        await _point.AddAsync(DirectoryAt("dir"));
        await _point.AddAsync(FileAt("dir/empty"), []);
        await _point.AddAsync(DirectoryAt("dir/link") with { Type = EntryType.Symlink, Mode = 0x1FF, LinkTarget = "../a.txt"u8.ToArray() });
        await _point.AddAsync(named, "two names"u8.ToArray());
        await _point.AddAsync(named with { Path = RelativePath.FromText("dir/name2") }, "two names"u8.ToArray());
        await _point.AddAsync(FileAt("dir/noise"), Noise);
        await _point.AddAsync(FileAt("dir/zeros"), Holes);
        await _point.AddAsync(FileAt("sparse") with { Size = 5000, DataExtents = [new(4096, 4)] }, "data"u8.ToArray());
        await _point.AddAsync(FileAt("unreadable") with { Size = 7, ReadError = 13 });
    }

    private static CatalogueEntry FileAt(string path) => DirectoryAt(path) with { Type = EntryType.File, Mode = 0x1A4 };

    private static CatalogueEntry DirectoryAt(string path) => CatalogueSamples.DirectoryAt(path) with { ModifiedAt = Modified };

    private byte[] Read(string path) => File.ReadAllBytes(Path.Combine(_reader.Target, path));

    private static string Sha256(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
