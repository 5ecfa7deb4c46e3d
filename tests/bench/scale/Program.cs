// How catalogue and index scale: writes a catalogue of FILES files, finds one path in it and reads it whole; writes an index of CHUNKS
// chunks and loads it. Prints wall time (which other programs disturb), processor time, bytes read and the live heap.
// usage: scale [FILES] [CHUNKS] (10,000,000 files, 1,000,000 chunks)
using System.Diagnostics;
using System.Globalization;
using RecoveryVault.Catalogues;
using RecoveryVault.DataPath;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Storage;
using RecoveryVault.Vaults;

const int FilesPerDirectory = 1000;
const int ChunksPerPack = 16;
const int FrameLength = 64 << 10;
const int TagLength = 16;
var files = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000_000;
var chunks = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
var place = Directory.CreateTempSubdirectory("rvault-scale-");
try
{
    await MeasureCatalogueAsync();
    await MeasureIndexAsync();
}
finally
{
    place.Delete(recursive: true);
}

async Task MeasureCatalogueAsync()
{
    using var nodes = File.OpenHandle(Path.Combine(place.FullName, "nodes"), FileMode.Create, FileAccess.ReadWrite);
    Dictionary<Digest, (long Offset, int Length)> places = [];
    var (end, fetched) = (0L, 0L);
    var writer = new CatalogueWriter(
        (node, _) =>
        {
            var digest = Digest.Of(node.Span);
            if (places.TryAdd(digest, (end, node.Length)))
                RandomAccess.Write(nodes, node.Span, end);
            end += node.Length;
            return ValueTask.FromResult(new ChunkRef(digest, node.Length));
        }
    );
    var reader = new CatalogueReader(
        (node, _) =>
        {
            var (offset, length) = places[node.Digest];
            var bytes = new byte[length];
            fetched += RandomAccess.Read(nodes, bytes, offset);
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(bytes);
        }
    );
    var watch = Watch.Start();
    await writer.AddAsync(Entry("", EntryType.Directory));
    for (var n = 0; n < files; n++)
    {
        if (n % FilesPerDirectory == 0)
            await writer.AddAsync(Entry($"d{n / FilesPerDirectory:d6}", EntryType.Directory));
        await writer.AddAsync(Entry($"d{n / FilesPerDirectory:d6}/file-{n:d8}", EntryType.File));
    }
    var root = await writer.FinishAsync();
    Tell($"catalogue of {files:n0} files", $"{end / 1e6:n0} MB in {places.Count:n0} nodes, written", watch);

    watch.Restart();
    var wanted = RelativePath.FromText($"d{files / 2 / FilesPerDirectory:d6}/file-{files / 2:d8}");
    await foreach (var entry in reader.ReadAsync(root, wanted))
        Require(entry.Path == wanted);
    Tell("one path", $"{fetched / 1e3:n0} KB read", watch);

    (fetched, var count) = (0, 0L);
    watch.Restart();
    await foreach (var _ in reader.ReadAsync(root))
        count++;
    Require(count == writer.Count);
    Tell("all of it", $"{fetched / 1e6:n0} MB read", watch);
}

CatalogueEntry Entry(string path, EntryType type)
{
    var entry = new CatalogueEntry
    {
        Path = RelativePath.FromText(path),
        Type = type,
        Mode = type == EntryType.File ? 0x1A4 : 0x1ED,
        Uid = 1000,
        Gid = 1000,
        ModifiedAt = new FileTime(1_790_000_000 + path.Length, path.Length),
    };
    return type == EntryType.File
        ? entry with
        {
            Size = 4096,
            Content = new ChunkList(0, 4096, [new ChunkRef(Digest.Of(entry.Path.Bytes.Span), 4096)]),
        }
        : entry;
}

async Task MeasureIndexAsync()
{
    var store = new FileBlobStore(
        Path.Combine(place.FullName, "store"),
        TimeProvider.System,
        new FileBlobStoreOptions { CreateIfMissing = true }
    );
    var key = new ItemKey(VaultId.Create(), ItemId.Create());
    using var secrets = new ItemSecrets(key, [DataKey.Create(key.VaultId, key.ItemId, 1)], ItemKeySet.Create());
    var watch = Watch.Start();
    await WriteIndexAsync(store, secrets, watch);
    for (var round = 0; round < 3; round++)
    {
        watch.Restart();
        using var loaded = await ItemIndex.LoadAsync(store, secrets);
        Console.WriteLine($"loaded: {loaded.RunCount} run(s) in {watch}");
    }
}

async Task WriteIndexAsync(FileBlobStore store, ItemSecrets secrets, Watch watch)
{
    using var index = await ItemIndex.LoadAsync(store, secrets);
    for (var n = 0; n < chunks; n += ChunksPerPack)
    {
        var pack = new IndexedPack(ObjectId.Create(), 1, ObjectSuite.OneLayer, 0);
        index.Add(pack, ChunksPerPack * FrameLength, [.. Enumerable.Range(0, ChunksPerPack).Select(Frame)]);
    }
    watch.Restart();
    await index.SaveAsync();
    Tell($"index of {chunks:n0} chunks", "sealed and written", watch);
}

FrameEntry Frame(int ordinal) =>
    new(
        (uint)ordinal,
        new ChunkId(ObjectId.Create().Value),
        (uint)(ObjectHeader.SizeBytes + (ordinal * FrameLength)),
        FrameLength,
        FrameLength - TagLength,
        PayloadCodec.Raw
    );

void Tell(string what, string how, Watch watch) =>
    Console.WriteLine($"{what}: {how} in {watch}; {GC.GetTotalMemory(forceFullCollection: false) / 1e6:n0} MB of heap");

static void Require(bool holds)
{
    if (!holds)
        throw new InvalidOperationException("The catalogue does not read back as it was written.");
}

/// <summary>Wall time and processor time since it was started.</summary>
internal sealed class Watch
{
    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private TimeSpan _before = Environment.CpuUsage.TotalTime;

    public static Watch Start() => new();

    public void Restart()
    {
        _before = Environment.CpuUsage.TotalTime;
        _wall.Restart();
    }

    public override string ToString() =>
        $"{_wall.Elapsed.TotalSeconds:n3} s ({(Environment.CpuUsage.TotalTime - _before).TotalSeconds:n3} s of processor)";
}
