using CsCheck;
using RecoveryVault.Errors;
using RecoveryVault.Format;
using RecoveryVault.Items;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Items;

public sealed class RecoveryPointsTests
{
    private readonly MemoryBlobStore _memory = new();
    private readonly FaultyBlobStore _store;
    private readonly ItemStage _stage;

    public RecoveryPointsTests()
    {
        _store = new FaultyBlobStore(_memory);
        _stage = new ItemStage(_store);
    }

    [Fact]
    public async Task List_MoreThanTenThousand_PagesCostWhatTheyShow()
    {
        const int Count = 10_050;
        await MakeAsync(Count);

        foreach (var before in new[] { long.MaxValue, Count - 20, 5000, 151, 2, 1 })
        {
            var calls = _store.Count();
            var page = await TakeAsync(before, 200);

            var newest = Math.Min(Count, before - 1);
            Assert.Equal(Enumerable.Range(0, (int)Math.Min(200, newest)).Select(i => newest - i), page.Select(h => h.Seq));
            // One listing and one read for each that the record does not hold, and the next newer one to begin with.
            Assert.InRange(_store.Count() - calls, 0, 2 * (page.Count + 1));
        }
    }

    [Fact]
    public async Task List_AnyDeletions_ShowsWhatIsNotPurgedAndJumpsOverTheRest()
    {
        const int Count = 120;
        await MakeAsync(Count);
        await Gen.Select(Gen.Select(Gen.Bool, Gen.Bool).Array[(Count / 8) + 1], Gen.Int[1, Count + 1])
            .SampleAsync(
                async (stretches, before) =>
                {
                    // Whole stretches, as policies make them.
                    var purged = Enumerable.Range(1, Count).Where(seq => stretches[seq / 8].Item1).Select(s => (long)s).ToHashSet();
                    var soft = Enumerable.Range(1, Count).Where(seq => stretches[seq / 8].Item2).Select(s => (long)s).ToHashSet();
                    var deletions = Delete(Delete(Deletions.None(ItemStage.Key), purged).Purge(purged), soft);
                    var calls = _store.Count();

                    List<long> listed = [];
                    await foreach (var head in _stage.Points.ListAsync(_stage.Record, before, deletions))
                        listed.Add(head.Seq);

                    var cost = _store.Count() - calls;
                    Assert.Equal(Enumerable.Range(1, before - 1).Select(s => (long)s).Reverse().Where(s => !purged.Contains(s)), listed);
                    Assert.InRange(cost, 0, 2 * (listed.Count + (3 * deletions.Purged.Length) + 2));
                    var latest = await _stage.Points.FindLatestAsync(_stage.Record, deletions);
                    var available = Enumerable.Range(1, Count).Select(s => (long)s).Where(deletions.IsAvailable).ToList();
                    Assert.Equal(available.Count == 0 ? null : available[^1], latest?.Seq);
                },
                iter: TestScale.Iterations(30),
                threads: 1
            );
    }

    private static Deletions Delete(Deletions deletions, IEnumerable<long> seqs) =>
        deletions.Delete(
            new Deletion(Guid.NewGuid(), default, default, "", "", [.. seqs.Order().Select(seq => new DeletedPoint(seq, Hash(seq)))])
        );

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(67)]
    [InlineData(100)]
    public async Task Find_ByName_CostsFewCalls(long seq)
    {
        await MakeAsync(100);
        var calls = _store.Count();

        var head = await _stage.Points.FindAsync(_stage.Record, ItemRecord.RecoveryPointName(default, seq).ToLowerInvariant());

        Assert.Equal(seq, head!.Seq);
        Assert.InRange(_store.Count() - calls, 0, 4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("00010101T000000Z-0")]
    [InlineData("00010101T000000Z-101")]
    [InlineData("00010101T000000Z-99999999999999999999")]
    [InlineData("00010102T000000Z-7")]
    [InlineData("00010102T000000Z-99")]
    public async Task Find_UnknownName_IsNull(string name)
    {
        await MakeAsync(100);

        Assert.Null(await _stage.Points.FindAsync(_stage.Record, name));
    }

    [Fact]
    public async Task List_OrphanHeads_AreNeverShown()
    {
        await MakeAsync(60);
        foreach (var seq in new[] { 1L, 7, 20, 61 })
            await _stage.Points.WriteAsync(ItemStage.Key.ItemId, ItemStage.Head(seq, Hash(seq + 1000), Hash(seq - 1)));

        var listed = await TakeAsync(long.MaxValue, 100);
        var paged = await TakeAsync(8, 100);

        Assert.Equal(Enumerable.Range(1, 60).Reverse().Select(seq => Hash(seq)), listed.Select(h => h.HeadHash));
        Assert.Equal(Enumerable.Range(1, 7).Reverse().Select(seq => Hash(seq)), paged.Select(h => h.HeadHash));
    }

    [Theory]
    [InlineData("missing", ErrorCodes.DataMissing)]
    [InlineData("flip", ErrorCodes.DataBitRot)]
    [InlineData("cut", ErrorCodes.DataBitRot)]
    [InlineData("forge", ErrorCodes.RecordTampered)]
    [InlineData("swap", ErrorCodes.DataMissing)]
    public async Task Find_DamagedHead_IsNamedAndOthersAreFound(string damage, string code)
    {
        await MakeAsync(60);
        var name = await NameAsync(10);
        switch (damage)
        {
            case "missing":
                await _memory.DeleteAsync(name);
                break;
            case "flip":
                await StoredDamage.FlipAsync(_memory, name, 40);
                break;
            case "cut":
                await StoredDamage.CutAsync(_memory, name, 50);
                break;
            case "forge":
                using (var key = FormatSamplesKey())
                {
                    var forged = RecordEnvelope.Seal(RecordType.Head, new PlatformKey(1, key), "{}"u8);
                    await StoredDamage.ReplaceAsync(_memory, name, forged);
                }
                break;
            default:
                await StoredDamage.ReplaceAsync(_memory, name, (await _memory.GetAsync(await NameAsync(9)))!.Content);
                break;
        }

        var refusal = await Assert.ThrowsAsync<VaultException>(() => FindAsync(10));

        Assert.Equal(code, refusal.Code);
        Assert.Equal(11, (await FindAsync(11))!.Seq);
        Assert.Equal(8, (await FindAsync(8))!.Seq);
        Assert.Equal(60, (await FindAsync(60))!.Seq);
    }

    [Fact]
    public async Task Find_HeadOfAnotherItemInItsPlace_IsNotTaken()
    {
        await MakeAsync(60);
        var other = ItemId.Create();
        var head = ItemStage.Head(10, Hash(10), Hash(9)) with { Manifest = ItemBlobs.Manifest(other, 10, new string('a', 64)) };
        var foreign = await _stage.Points.WriteAsync(other, head);
        await StoredDamage.ReplaceAsync(_memory, await NameAsync(10), (await _memory.GetAsync(foreign.Name))!.Content);

        var refusal = await Assert.ThrowsAsync<VaultException>(() => FindAsync(10));

        Assert.Equal(ErrorCodes.DataMissing, refusal.Code);
    }

    private Task<RecoveryPointHead?> FindAsync(long seq) =>
        _stage.Points.FindAsync(_stage.Record, ItemRecord.RecoveryPointName(default, seq));

    private async Task<string> NameAsync(long seq) =>
        Assert.Single(await _memory.ListNamesAsync(ItemBlobs.Heads(ItemStage.Key.ItemId, seq)));

    private async Task<List<RecoveryPointHead>> TakeAsync(long before, int count)
    {
        List<RecoveryPointHead> page = [];
        await foreach (var head in _stage.Points.ListAsync(_stage.Record, before))
        {
            page.Add(head);
            if (page.Count == count)
                break;
        }
        return page;
    }

    private async Task MakeAsync(int count)
    {
        for (var seq = 1; seq <= count; seq++)
        {
            var head = ItemStage.Head(seq, Hash(seq), seq == 1 ? ItemRecord.NoHead : Hash(seq - 1));
            var slot = new WriterSlot(Guid.NewGuid(), head.OperationId, head.JobId, "", default);
            await _stage.Points.WriteAsync(ItemStage.Key.ItemId, head);
            _stage.Record = _stage.Record.TakeSlot(slot, _ => false).Commit(slot.SessionId, head);
        }
    }

    private static string Hash(long seq) => seq.ToString("x64", System.Globalization.CultureInfo.InvariantCulture);

    private static RecoveryVault.Keys.SecretBytes FormatSamplesKey() => RecoveryVault.Tests.Format.FormatSamples.Secret(9);
}
