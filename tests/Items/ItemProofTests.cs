using RecoveryVault.Catalogues;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Keys;
using RecoveryVault.Records;
using RecoveryVault.Stores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Items;

/// <summary>An item's record has no MAC; the descriptor, the ring and the heads beside it have, and give edits of it away.</summary>
public sealed class ItemProofTests : IAsyncLifetime
{
    private readonly MemoryBlobStore _store = new();
    private PlatformKeyring _keyring = null!;
    private AuthenticatedRecords _records = null!;
    private ItemRecord _item = null!;
    private ItemRecord _before = null!;

    private ItemProof Proof => new(_store, _records);

    public async Task InitializeAsync()
    {
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);
        _records = new AuthenticatedRecords(_store, _keyring);
        _item = new ItemStage(_store).Record;
        await UseRingAsync(seq: 1, generation: 1);
        for (var seq = 1; seq <= 4; seq++)
        {
            _before = _item;
            await DescribeAsync(_item.RequireSettings() with { Source = SourceOf($"/src{seq}") });
            var prevHash = _item.Newest?.HeadHash ?? ItemRecord.NoHead;
            var head = ItemStage.Head(seq, new string((char)('0' + seq), 64), prevHash);
            await new RecoveryPoints(_store, _records).WriteAsync(_item.Key.ItemId, head);
            _item = _item with { Heads = [head, .. _item.Heads.Take(2)] };
        }
    }

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Verify_AnythingEdited_IsTampered()
    {
        ItemRecord[] edits = [.. EditsOfSettings(), .. EditsOfRings(), .. EditsOfHeads()];
        Assert.Null(await VerifyAsync(_item));
        for (var i = 0; i < edits.Length; i++)
            Assert.True(await VerifyAsync(edits[i]) == ErrorCodes.RecordTampered, $"Edit {i} was not found.");
    }

    [Fact]
    public async Task Verify_OlderRecordBroughtBack_IsTampered()
    {
        // One step back looks as if the last step had died before its commit; what was written on top of that step tells.
        Assert.Null(await VerifyAsync(_before));

        await DescribeAsync(_item.RequireSettings() with { Source = SourceOf("/later") });

        Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(_before));
    }

    [Fact]
    public async Task Verify_RingGoneForANewerOne_IsTampered()
    {
        var before = _item;
        await UseRingAsync(seq: 2, generation: 2);
        await _store.DeleteAsync(before.Ring!.Name);

        Assert.Equal(ErrorCodes.RecordTampered, await VerifyAsync(before));
        Assert.Null(await VerifyAsync(_item));
    }

    [Fact]
    public async Task Verify_RecordsBesideItLost_KeepsNobodyFromRestoring()
    {
        var name = _item.Descriptor!.Name;
        await StoredDamage.FlipAsync(_store, name, 40);
        Assert.Null(await VerifyAsync(_item));
        Assert.Equal(ErrorCodes.DataBitRot, await RequireSettingsAsync(_item));
        await _store.DeleteAsync(name);
        Assert.Null(await VerifyAsync(_item));
        Assert.Equal(ErrorCodes.DataMissing, await RequireSettingsAsync(_item));

        await _store.DeleteAsync(_item.Ring!.Name);
        foreach (var head in await _store.ListNamesAsync("heads/"))
            await _store.DeleteAsync(head);
        Assert.Null(await VerifyAsync(_item));
    }

    [Fact]
    public async Task Verify_CopiesUnderHigherNumbers_ProveNothing()
    {
        foreach (var name in (await _store.ListNamesAsync()).Where(n => n.Contains("/0000000000000001-", StringComparison.Ordinal)))
            await StoredDamage.ReplaceAsync(
                _store,
                name.Replace("/00", "/0f", StringComparison.Ordinal),
                (await _store.GetAsync(name))!.Content
            );

        Assert.Null(await VerifyAsync(_item));
    }

    [Fact]
    public async Task Scrub_RecordThatSaysOtherwise_IsFoundWithoutKeys()
    {
        var name = GrainRecords.ItemBlob(_item.Key);
        await _store.PutTextAsync(name, System.Text.Json.JsonSerializer.Serialize(_item, RecordJson.Default.ItemRecord));
        Assert.DoesNotContain(name, await ScrubAsync());
        var edited = _item with { Settings = _item.RequireSettings() with { Name = "iten" } };
        await _store.PutTextAsync(name, System.Text.Json.JsonSerializer.Serialize(edited, RecordJson.Default.ItemRecord));

        Assert.Contains(name, await ScrubAsync());
    }

    private IEnumerable<ItemRecord> EditsOfSettings()
    {
        var settings = _item.RequireSettings();
        yield return _item with
        {
            Key = new ItemKey(_item.Key.VaultId, ItemId.Create()),
        };
        yield return _item with
        {
            Settings = null,
        };
        yield return _item with
        {
            Settings = settings with { Name = "other" },
        };
        yield return _item with
        {
            Settings = settings with { State = ProtectionState.ProtectionStopped },
        };
        yield return _item with
        {
            Settings = settings with { Source = settings.Source with { Excludes = ["*"] } },
        };
        yield return _item with
        {
            Descriptor = null,
        };
        yield return _item with
        {
            Descriptor = new RecordRef("descriptors/x/1", _item.Descriptor!.Hash),
        };
        yield return _item with
        {
            Descriptor = _before.Descriptor,
        };
    }

    private IEnumerable<ItemRecord> EditsOfRings()
    {
        yield return _item with
        {
            KeyGeneration = 7,
        };
        yield return _item with
        {
            KeyId = "platform:9",
        };
        yield return _item with
        {
            RingSeq = 2,
        };
    }

    private IEnumerable<ItemRecord> EditsOfHeads()
    {
        var (newest, next, last) = (_item.Heads[0], _item.Heads[1], _item.Heads[2]);
        yield return _item with
        {
            Heads = [newest with { Statistics = newest.Statistics with { SizeBytes = 1 } }, next, last],
        };
        yield return _item with
        {
            Heads = [newest, next, last with { Time = newest.Time.AddDays(1) }],
        };
        yield return _item with
        {
            Heads = [newest with { Manifest = next.Manifest, HeadHash = next.HeadHash }, next, last],
        };
        yield return _item with
        {
            Heads = [newest, last],
        };
        yield return _item with
        {
            Heads = [newest with { Manifest = "manifests/x/y" }, next, last],
        };
    }

    private async Task<List<string>> ScrubAsync()
    {
        List<string> damaged = [];
        await new StoreScrub(_store, (name, _) => damaged.Add(name)).RunAsync();
        return damaged;
    }

    private async Task DescribeAsync(ItemSettings settings)
    {
        var seq = _item.Descriptor is { } last ? AuthenticatedRecords.SequenceOf(last.Name) + 1 : 1;
        var descriptor = await new Descriptors(_records).WriteAsync(_item.Key, seq, settings);
        _item = _item with { Settings = settings, Descriptor = descriptor };
    }

    private async Task UseRingAsync(long seq, long generation)
    {
        var ring = new KeyRing
        {
            Item = _item.Key,
            Seq = seq,
            KeyGeneration = generation,
            Epochs = [new RingEpoch(1, "platform:1", WrapAlgorithms.PlatformGcm, "", [1], [2], [3])],
        };
        var named = await _records.WriteAsync(
            ItemBlobs.Rings(_item.Key.ItemId),
            seq,
            RecoveryVault.Format.RecordType.Ring,
            ring,
            RecordJson.Default.KeyRing
        );
        _item = _item.UseRing(ring, named);
    }

    private static ItemSource SourceOf(string path) =>
        new()
        {
            Path = path,
            Host = "here",
            Kind = ContentKind.Tree,
        };

    private Task<string?> VerifyAsync(ItemRecord item) => CodeAsync(Proof.VerifyAsync(ItemStage.Key, item));

    private Task<string?> RequireSettingsAsync(ItemRecord item) => CodeAsync(Proof.RequireSettingsAsync(ItemStage.Key, item));

    private static async Task<string?> CodeAsync(Task call)
    {
        try
        {
            await call;
            return null;
        }
        catch (VaultException refusal)
        {
            return refusal.Code;
        }
    }
}
