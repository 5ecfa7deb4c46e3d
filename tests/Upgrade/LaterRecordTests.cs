using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Jobs;
using RecoveryVault.Keys;
using RecoveryVault.Names;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Stores;
using RecoveryVault.Tests.DataPath;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Vaults;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Upgrade;

/// <summary>A record that a silo of a later release wrote is never cut down to what this one knows.</summary>
public sealed class LaterRecordTests : KeyringTest
{
    private static readonly ItemKey Item = new(VaultId.Create(), ItemId.Create());

    private static readonly WriterSlot Slot = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "silo", VaultSamples.Now);

    private static object[] Samples =>
        [
            VaultSamples.New().WithIdentity().WithKey().WithItem().Remember(Guid.NewGuid(), Guid.NewGuid()),
            new ItemStage().Record.TakeSlot(Slot, _ => false),
            Ring,
            new Deletions
            {
                Item = Item,
                Seq = 1,
                SoftDeleted = [new(Guid.NewGuid(), VaultSamples.Now, VaultSamples.Now, "why", "who", [new DeletedPoint(1, "hash")])],
                Purged = [new SeqRange(2, 3)],
            },
            new VaultDescriptor(VaultId.Create(), 1, VaultSamples.New().Settings),
            new NameClaim("name", "id"),
        ];

    private static KeyRing Ring =>
        new()
        {
            Item = Item,
            Seq = 1,
            KeyGeneration = 1,
            Epochs = [new RingEpoch(1, "platform:1", WrapAlgorithms.PlatformGcm, "", [1], [2], [3])],
        };

    private static JsonNode JsonOf(object record) => JsonSerializer.SerializeToNode(record, LaterMembers.InfoOf(record.GetType()))!;

    private static object? Read(JsonNode json, Type type) =>
        RecordJson.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), LaterMembers.InfoOf(type));

    [Fact]
    public void Read_MemberUnknownInAPartThatCannotKeepIt_IsRefused()
    {
        var refused = 0;
        foreach (var sample in Samples)
        {
            var paths = LaterMembers
                .PartsOf(JsonOf(sample), LaterMembers.InfoOf(sample.GetType()))
                .Where(p => !Keeps(p.Type))
                .Select(p => p.Path);
            foreach (var path in paths.ToList())
            {
                var json = JsonOf(sample);
                LaterMembers.AddTo(LaterMembers.PartsOf(json, LaterMembers.InfoOf(sample.GetType())).Single(p => p.Path == path).Json);
                Assert.Throws<LaterRecordException>(() => Read(json, sample.GetType()));
                refused++;
            }
        }
        Assert.InRange(refused, 5, int.MaxValue);
    }

    [Fact]
    public void Read_MembersUnknownWhereverTheyCanBeKept_AreWrittenAgain()
    {
        foreach (var sample in Samples)
        {
            var json = JsonOf(sample);
            foreach (var part in LaterMembers.PartsOf(json, LaterMembers.InfoOf(sample.GetType())).Where(p => Keeps(p.Type)).ToList())
                LaterMembers.AddTo(part.Json);
            Assert.True(JsonNode.DeepEquals(json, JsonOf(Read(json, sample.GetType())!)), $"{sample.GetType().Name}");
        }
    }

    [Theory]
    [InlineData("\"kind\":\"Backup\"", "\"kind\":\"Mirror\"")]
    [InlineData("\"state\":\"Protected\"", "\"state\":\"Frozen\"")]
    [InlineData("\"schema\":1", "\"schema\":2")]
    public void Read_ValueOfALaterRelease_IsRefusedAsThat(string known, string later)
    {
        var json = JsonOf(new ItemStage().Record.TakeSlot(Slot, _ => false)).ToJsonString();
        Assert.Contains(known, json, StringComparison.Ordinal);

        var refused = Record.Exception(() =>
            RecordJson.Read(Encoding.UTF8.GetBytes(json.Replace(known, later, StringComparison.Ordinal)), RecordJson.Default.ItemRecord)
        );

        Assert.IsType<LaterRecordException>(refused);
        Assert.Equal(ErrorCodes.DataTooNew, Refusals.Find(refused)?.Code);
    }

    [Theory]
    [InlineData("\"keyGeneration\":", "\"keyGeneratiom\":")]
    [InlineData("\"key\":", "\"key\":{")]
    [InlineData("\"heads\":[", "\"heads\":[7,")]
    public void Read_DamagedRecord_IsNotTakenForALaterOne(string part, string damage)
    {
        var json = JsonOf(new ItemStage().Record).ToJsonString();
        Assert.Contains(part, json, StringComparison.Ordinal);
        var damaged = Encoding.UTF8.GetBytes(json.Replace(part, damage, StringComparison.Ordinal));

        var refused = Record.Exception(() => RecordJson.Read(damaged, RecordJson.Default.ItemRecord));

        Assert.IsAssignableFrom<JsonException>(refused);
        Assert.IsNotType<LaterRecordException>(refused);
    }

    [Fact]
    public void Change_OfARecordWithLaterMembers_KeepsThem()
    {
        var item = new ItemStage().Record with { Later = LaterMembers.OfRecord };
        item = item with { Settings = item.Settings! with { Later = LaterMembers.OfRecord } };
        var vault = VaultSamples.New() with { Later = LaterMembers.OfRecord };
        vault = vault with { Settings = vault.Settings with { Later = LaterMembers.OfRecord } };

        var changed = item.StopProtection().Protect(item.Settings!).TakeSlot(Slot, _ => false).ReleaseSlot(Slot.SessionId);
        var keyed = vault.WithIdentity().WithKey().WithItem();

        Assert.NotNull(changed.Later ?? changed.Settings!.Later);
        Assert.NotNull(changed.Settings!.Later);
        Assert.NotNull(keyed.Later);
        Assert.NotNull(keyed.Settings.Later);
    }

    [Fact]
    public void Equals_DifferInWhatIsUnknown_IsFalse()
    {
        var now = VaultSamples.Now;
        KeyUse use = new(1, "k", "t", now);
        Assert.Equal(use with { Later = LaterMembers.OfRecord }, use with { Later = LaterMembers.OfRecord });
        Assert.NotEqual(use with { Later = LaterMembers.OfRecord }, use);
        Assert.Equal(use with { Later = [] }, use);
    }

    [Fact]
    public async Task AuthenticatedRecord_OfALaterRelease_IsTooNewAndNotTampered()
    {
        var store = new MemoryBlobStore();
        var records = new AuthenticatedRecords(store, Keyring);
        var json = JsonOf(Ring);
        LaterMembers.AddTo((JsonObject)json["epochs"]![0]!);
        var content = RecoveryVault.Format.RecordEnvelope.Seal(
            RecoveryVault.Format.RecordType.Ring,
            Keyring.Current,
            Encoding.UTF8.GetBytes(json.ToJsonString())
        );
        var name = $"{ItemBlobs.Rings(Item.ItemId)}/0000000000000001-later";
        await store.PutAsync(name, new(content), PutCondition.IfAbsent);

        var refused = await Assert.ThrowsAsync<VaultException>(() =>
            records.FindAsync(name, RecoveryVault.Format.RecordType.Ring, RecordJson.Default.KeyRing)
        );

        Assert.Equal(ErrorCodes.DataTooNew, refused.Code);
    }

    [Fact]
    public async Task Jobs_OfALaterRelease_AreListed()
    {
        var store = new MemoryBlobStore();
        var ledger = new JobLedger(store, TimeProvider.System);
        var (vaultId, jobId) = (VaultId.Create(), ledger.NewJobId());
        await ledger.StartAsync(vaultId, new JobStart(jobId, "Backup", "item", VaultSamples.Now, "who", "silo"));
        await ledger.EndAsync(vaultId, jobId, JobEnd.Failed(VaultSamples.Now, new JobError("Code", "message", "recommendation")));
        await foreach (var blob in store.ListAllAsync($"jobs/{vaultId}/"))
        {
            var found = (await store.GetAsync(blob.Name))!;
            var json = Encoding
                .UTF8.GetString(found.Content.Span)
                .Insert(1, "\"zLater\":1,")
                .Replace("{\"code\"", "{\"zLater\":1,\"code\"", StringComparison.Ordinal);
            await store.PutAsync(blob.Name, new(Encoding.UTF8.GetBytes(json)), PutCondition.Always);
        }
        Assert.Equal(JobStatus.Failed, (await ledger.FindAsync(vaultId, jobId))!.End!.Status);
    }

    [Fact]
    public async Task StoreManifest_WithMembersOfALaterRelease_KeepsThemWhenItsKeysChange()
    {
        var store = new MemoryBlobStore();
        var (manifest, keyring) = await StoreManifest.CreateAsync(
            store,
            Guid.NewGuid().ToString(),
            "rvault",
            new MemoryBlobStore(),
            TimeProvider.System
        );
        using var _ = keyring;
        var json = JsonOf(manifest with { OlderPlatformKeys = [new PlatformKeyCheck(77, "check")] });
        LaterMembers.AddTo((JsonObject)json);
        await store.PutAsync(StoreManifest.BlobName, new(Encoding.UTF8.GetBytes(json.ToJsonString())), PutCondition.Always);

        await StoreManifest.ReleaseAsync(store, 77);

        var changed = await StoreManifest.FindAsync(store);
        Assert.Null(changed!.OlderPlatformKeys);
        Assert.NotNull(changed.Later);
    }

    private static bool Keeps(Type type) => typeof(Evolving).IsAssignableFrom(type);
}
