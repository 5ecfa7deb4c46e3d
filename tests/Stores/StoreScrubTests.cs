using System.Collections.Immutable;
using System.Text.Json;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Stores;

public sealed class StoreScrubTests : IAsyncLifetime
{
    private KeyRingStage _stage = null!;
    private string _ring = "";

    public async Task InitializeAsync()
    {
        _stage = await KeyRingStage.CreateAsync();
        var ring = await _stage.Rings.CreateAsync(_stage.Item, 1, _stage.Platform, 1);
        var reference = await _stage.Rings.WriteAsync(ring);
        var record = ItemRecord.Enrolled(_stage.Item, 1).UseRing(ring, reference);
        await _stage.WriteAsync(
            GrainRecords.ItemBlob(_stage.Item),
            JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.ItemRecord)
        );
        _ring = reference.Name;
    }

    public Task DisposeAsync()
    {
        _stage.Dispose();
        return Task.CompletedTask;
    }

    private async Task<IReadOnlyList<string>> DamagedAsync(IBlobStore? store = null)
    {
        List<string> damaged = [];
        var scrub = new StoreScrub(store ?? _stage.Store, (name, _) => damaged.Add(name));
        await scrub.RunAsync();
        Assert.Equal(damaged.Count, scrub.Damaged);
        return damaged;
    }

    [Fact]
    public async Task Run_SoundStore_FindsNothing() => Assert.Empty(await DamagedAsync());

    [Fact]
    public async Task Run_AnyFlippedBitOfARing_IsFoundWithoutAnyKey()
    {
        var content = await _stage.ReadAsync(_ring);
        for (var bit = 0; bit < content.Length * 8; bit += 101)
        {
            var flipped = content.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            await _stage.WriteAsync(_ring, flipped);
            Assert.Equal([_ring], await DamagedAsync());
        }
    }

    [Fact]
    public async Task Run_TruncatedRing_IsFound()
    {
        await _stage.WriteAsync(_ring, (await _stage.ReadAsync(_ring))[..^1]);

        Assert.Equal([_ring], await DamagedAsync());
    }

    [Fact]
    public async Task Run_MissingRing_IsFoundByTheRecordThatNamesIt()
    {
        await _stage.Store.DeleteAsync(_ring);

        Assert.Equal([_ring], await DamagedAsync());
    }

    /// <summary>An item with one recovery point whose manifest is gone, and a tombstone that says it was purged, or only deleted.</summary>
    private async Task<string> PurgeAsync(bool isPurged = true)
    {
        var deletions = Deletions
            .None(_stage.Item)
            .Delete(new Deletion(Guid.NewGuid(), default, default, "", "", [new DeletedPoint(1, "h")]))
            .Purge(isPurged ? [1] : []);
        var reference = await new Tombstones(_stage.Store, _stage.Records).WriteAsync(deletions);
        var name = GrainRecords.ItemBlob(_stage.Item);
        var record = JsonSerializer.Deserialize((await _stage.ReadAsync(name)).AsSpan(), RecordJson.Default.ItemRecord)!;
        var head = ItemStage.Head(1, new string('1', 64), ItemRecord.NoHead) with
        {
            Manifest = ItemBlobs.Manifest(_stage.Item.ItemId, 1, new string('a', 64)),
        };
        var settings = new ItemStage().Record.Settings!;
        var descriptor = await new Descriptors(_stage.Records).WriteAsync(_stage.Item, 1, settings);
        record = record with { Settings = settings, Descriptor = descriptor, Tombstones = reference, Heads = [head] };
        await _stage.WriteAsync(name, JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.ItemRecord));
        return reference.Name;
    }

    [Fact]
    public async Task Run_ManifestOfAPurgedPoint_IsNotMissed()
    {
        await PurgeAsync();

        Assert.Empty(await DamagedAsync());
    }

    [Fact]
    public async Task Run_ManifestOfASoftDeletedPoint_IsMissed()
    {
        await PurgeAsync(isPurged: false);

        Assert.StartsWith("manifests/", Assert.Single(await DamagedAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_DamagedTombstones_AreFoundAndNothingElse(bool isMissing)
    {
        var name = await PurgeAsync();
        if (isMissing)
            await _stage.Store.DeleteAsync(name);
        else
            await _stage.WriteAsync(name, (await _stage.ReadAsync(name))[..^1]);

        Assert.Equal([name], await DamagedAsync());
    }

    [Fact]
    public async Task Run_RecordThatIsNoJson_IsFound()
    {
        var name = GrainRecords.ItemBlob(_stage.Item);
        await _stage.WriteAsync(name, (await _stage.ReadAsync(name))[..^3]);

        Assert.Equal([name], await DamagedAsync());
    }

    [Fact]
    public async Task Run_GapInALog_NamesTheMissingEntry()
    {
        var entry = await _stage.Records.WriteAsync("x", 1, RecordType.LogEntry, new StoreFormat("f", 1), RecordJson.Default.StoreFormat);
        var content = await _stage.ReadAsync(entry.Name);
        foreach (var seq in (long[])[1, 3])
            await _stage.WriteAsync($"log/{_stage.Item.VaultId}/{AuthenticatedRecords.Sequence(seq)}", content);

        Assert.Equal([$"log/{_stage.Item.VaultId}/{AuthenticatedRecords.Sequence(2)}"], await DamagedAsync());
    }

    [Theory]
    [InlineData("membership/c.json")]
    [InlineData("alive/c/10.0.0.1-1-1")]
    [InlineData("reminders/s/00.json")]
    public async Task Run_ClustersBlob_IsFoundWhenItIsNoJson(string name)
    {
        await _stage.WriteAsync(name, "{}"u8.ToArray());
        Assert.Empty(await DamagedAsync());
        await _stage.WriteAsync(name, "{"u8.ToArray());
        Assert.Equal([name], await DamagedAsync());
    }

    private async Task<string> OweAsync(Func<OwedNote, OwedNote> alter)
    {
        var note = new OwedNote(
            Guid.NewGuid(),
            Guid.NewGuid(),
            EndsJob: false,
            "StopProtection",
            "anna@here",
            default,
            ImmutableSortedDictionary<string, string>.Empty
        );
        var vouched = new NoteSeals(_stage.Keyring).Seal($"{_stage.Item}", [note])[0];
        var name = GrainRecords.ItemBlob(_stage.Item);
        var record = JsonSerializer.Deserialize((await _stage.ReadAsync(name)).AsSpan(), RecordJson.Default.ItemRecord)!;
        record = record with { Owed = [alter(vouched)] };
        await _stage.WriteAsync(name, JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.ItemRecord));
        return name;
    }

    [Fact]
    public async Task Run_OwedNoteThatIsNotWhatWasSealed_IsFoundWithoutAnyKey()
    {
        await OweAsync(note => note);
        Assert.Empty(await DamagedAsync());
        Assert.Equal([await OweAsync(note => note with { Seal = [] })], await DamagedAsync());
        Assert.Equal([await OweAsync(note => note with { Seal = note.Seal[..^1] })], await DamagedAsync());
        Assert.Equal([await OweAsync(note => note with { Caller = "mallory@there" })], await DamagedAsync());
    }
}
