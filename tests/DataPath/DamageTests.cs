using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.DataPath;

/// <summary>Packs and manifests that are missing, lost bits, were cut or swapped: the right code, no wrong byte, and healing.</summary>
public sealed class DamageTests
{
    private static readonly Dictionary<string, byte[]> Old = new() { ["old"] = ItemStage.Noise(1, 3000) };

    private static readonly Dictionary<string, byte[]> Both = new() { ["new"] = ItemStage.Noise(2, 3000), ["old"] = Old["old"] };

    public static TheoryData<string, string> Damages =>
        new()
        {
            { "missing", ErrorCodes.DataMissing },
            { "flip", ErrorCodes.DataBitRot },
            { "cut", ErrorCodes.DataBitRot },
            { "empty", ErrorCodes.DataBitRot },
            { "swap", ErrorCodes.DataTampered },
            { "forge", ErrorCodes.DataTampered },
        };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Restore_DamagedPack_NamesTheDamageAndReadsEverythingElse(string damage, string code)
    {
        var (store, stage, head, pack) = await PrepareAsync();
        await DamageAsync(store, pack, damage, "packs/");

        var files = await stage.RestoreAsync(head);

        Assert.Equal(code, files["old"].Error);
        Assert.Empty(files["old"].Content);
        Assert.Null(files["new"].Error);
        Assert.Equal(Both["new"], files["new"].Content);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task BackUp_AfterDamageWasFound_HealsEveryRecoveryPoint(string damage, string _)
    {
        var (store, stage, head, pack) = await PrepareAsync();
        await DamageAsync(store, pack, damage, "packs/");
        await stage.RestoreAsync(head);

        var healed = await stage.BackUpAsync(Both);

        Assert.InRange(healed.BytesNew, 3000, 4000);
        await stage.AssertRestoresAsync(healed, Both);
        await stage.AssertRestoresAsync(head, Both);
        Assert.Equal(0, (await stage.BackUpAsync(Both)).BytesNew);
        // Also when runs are merged, and when they are lost and footers tell, the damaged pack does not hide the good one.
        for (var seed = 10; seed < 30; seed++)
            await stage.BackUpAsync(new Dictionary<string, byte[]> { ["other"] = ItemStage.Noise(seed, 100) });
        await stage.AssertRestoresAsync(head, Both);
        foreach (var run in await store.ListNamesAsync("index/"))
            await store.DeleteAsync(run);
        await stage.AssertRestoresAsync(head, Both);
    }

    [Theory]
    [InlineData("missing", ErrorCodes.DataMissing)]
    [InlineData("empty", ErrorCodes.DataBitRot)]
    public async Task Check_WithoutReading_TellsWhatTheStoreShows(string damage, string code)
    {
        var (store, stage, _, pack) = await PrepareAsync();
        await DamageAsync(store, pack, damage, "packs/");
        var chunk = new ChunkRef(Digest.Of(Old["old"].AsSpan(0, ItemStage.ChunkLength)), ItemStage.ChunkLength);
        var unknown = new ChunkRef(Digest.Of([1]), 1);
        await using var session = await stage.OpenRestoreAsync();

        var codes = await session.CheckAsync([chunk, unknown, new ChunkRef(default, 5, IsZero: true)], default);

        string?[] expected = [code, ErrorCodes.DataMissing, null];
        Assert.Equal<IEnumerable<string?>>(expected, codes);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Restore_DamagedManifest_NamesTheDamage(string damage, string code)
    {
        var (store, stage, head, _) = await PrepareAsync();
        await DamageAsync(store, head.Manifest, damage, "manifests/");

        await BackupSessionTests.RefusedAsync(code, () => stage.RestoreAsync(head));

        var older = stage.Record.Heads[1];
        await stage.AssertRestoresAsync(older, Old);
        await stage.AssertRestoresAsync(await stage.BackUpAsync(Both), Both);
    }

    [Fact]
    public async Task Restore_AuthenticManifestOfAnotherPoint_IsTampered()
    {
        var (_, stage, head, _) = await PrepareAsync();

        await BackupSessionTests.RefusedAsync(
            ErrorCodes.DataTampered,
            () => stage.RestoreAsync(head with { Manifest = stage.Record.Heads[1].Manifest })
        );
    }

    /// <summary>Both are in the clear in the item's record, for anyone to exchange.</summary>
    [Fact]
    public async Task Restore_AnotherPointsManifestWithItsHash_IsTampered()
    {
        var (_, stage, head, _) = await PrepareAsync();
        var older = stage.Record.Heads[1];
        await using var session = await stage.OpenRestoreAsync();

        await BackupSessionTests.RefusedAsync(
            ErrorCodes.RecordTampered,
            () => session.ReadManifestAsync(head with { Manifest = older.Manifest, HeadHash = older.HeadHash, PrevHash = older.PrevHash })
        );
        Assert.Equal(head.Seq, (await session.ReadManifestAsync(head)).Seq);
    }

    [Fact]
    public async Task Restore_FullStore_StillReportsDamage()
    {
        var (store, stage, head, pack) = await PrepareAsync();
        await StoredDamage.FlipAsync(store, pack, 300);
        var full = new FaultyBlobStore(store).Inject(new Fault.Fail(BlobError.StoreFull), BlobCalls.Put);

        var files = await stage.Reopen(full).RestoreAsync(head);

        Assert.Equal(ErrorCodes.DataBitRot, files["old"].Error);
        Assert.Equal(1, full.Count(BlobCalls.Put));
    }

    [Fact]
    public async Task Restore_ManyChunksOfADamagedPack_ReadItWholeOnce()
    {
        var (store, stage, head, pack) = await PrepareAsync();
        await StoredDamage.ReplaceAsync(store, pack, new byte[(await store.GetAsync(pack))!.Content.Length]);
        var counting = new FaultyBlobStore(store);

        await stage.Reopen(counting).RestoreAsync(head);

        Assert.Single(counting.Calls, c => c.Call == BlobCalls.Get && c.Name == pack);
    }

    [Fact]
    public async Task Restore_StoreUnreachable_IsNoDamage()
    {
        var (store, stage, head, _) = await PrepareAsync();
        var faulty = new FaultyBlobStore(store).Inject(
            new Fault.Fail(),
            BlobCalls.Read,
            names: name => name.StartsWith("packs/", StringComparison.Ordinal)
        );

        await BackupSessionTests.RefusedAsync(ErrorCodes.StoreUnavailable, () => stage.Reopen(faulty).RestoreAsync(head));

        Assert.Empty(await store.ListNamesAsync("damaged/"));
    }

    [Theory]
    [InlineData("packs/")]
    [InlineData("index/")]
    public async Task Restore_FileOfTheFileStoreCutShort_IsBitRotOfThatObjectOnly(string prefix)
    {
        using var scratch = new ScratchDirectory();
        var store = new FileBlobStore(scratch["store"], options: new FileBlobStoreOptions { CreateIfMissing = true });
        var stage = new ItemStage(store);
        var old = await stage.BackUpAsync(Old);
        var name = Assert.Single(await store.ListNamesAsync(prefix));
        var head = await stage.BackUpAsync(Both);
        var file = Assert.Single(Directory.GetFiles(scratch.Path, name.Split('/')[^1] + "*", SearchOption.AllDirectories));
        using (var stream = File.OpenWrite(file))
            stream.SetLength(stream.Length - 100);

        var files = await stage.RestoreAsync(head);
        var healed = await stage.BackUpAsync(Both);

        Assert.Equal(prefix == "packs/" ? ErrorCodes.DataBitRot : null, files["old"].Error);
        Assert.Equal(Both["new"], files["new"].Content);
        await stage.AssertRestoresAsync(healed, Both);
        // The older one's catalogue lay in the lost pack, and no source has it any more; runs are made again from footers.
        if (prefix == "index/")
            await stage.AssertRestoresAsync(old, Old);
    }

    /// <summary>Two recovery points: "old" lies in the first's pack, "new" and the second's whole catalogue in the second's.</summary>
    private static async Task<(MemoryBlobStore Store, ItemStage Stage, RecoveryPointHead Head, string Pack)> PrepareAsync()
    {
        var store = new MemoryBlobStore();
        var stage = new ItemStage(store);
        await stage.BackUpAsync(Old);
        var pack = Assert.Single(await store.ListNamesAsync("packs/"));
        return (store, stage, await stage.BackUpAsync(Both), pack);
    }

    private static async Task DamageAsync(MemoryBlobStore store, string name, string damage, string folder)
    {
        switch (damage)
        {
            case "missing":
                await store.DeleteAsync(name);
                break;
            case "flip":
                await FlipEverywhereAsync(store, name);
                break;
            case "cut":
                await StoredDamage.CutAsync(store, name, 600);
                break;
            case "empty":
                await StoredDamage.CutAsync(store, name, 0);
                break;
            case "swap":
                var other = (await store.ListNamesAsync(folder)).First(n => n != name);
                await StoredDamage.ReplaceAsync(store, name, (await store.GetAsync(other))!.Content);
                break;
            default:
                await StoredDamage.ReplaceAsync(store, name, Forged((await store.GetAsync(name))!.Content));
                break;
        }
    }

    /// <summary>A bit of every frame, so that no chunk happens to be whole.</summary>
    private static async Task FlipEverywhereAsync(MemoryBlobStore store, string name)
    {
        var length = (await store.GetAsync(name))!.Content.Length;
        for (var at = 200; at < length - 100; at += 500)
            await StoredDamage.FlipAsync(store, name, at);
    }

    /// <summary>Altered by somebody who knows the format: the clear checksum is right again.</summary>
    private static byte[] Forged(ReadOnlyMemory<byte> sealedObject)
    {
        var forged = sealedObject.ToArray();
        for (var at = 130; at < forged.Length - 200; at += 300)
            forged[at] ^= 1;
        System.IO.Hashing.XxHash128.Hash(forged.AsSpan(0, forged.Length - 16), forged.AsSpan(forged.Length - 16));
        return forged;
    }
}
