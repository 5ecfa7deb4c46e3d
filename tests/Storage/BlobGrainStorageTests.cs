using System.Buffers;
using System.Text;
using Orleans.Storage;
using RecoveryVault.Errors;
using RecoveryVault.Items;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Records;
using RecoveryVault.Tests.Vaults;
using RecoveryVault.Vaults;
using static RecoveryVault.Tests.Records.StorageSamples;

namespace RecoveryVault.Tests.Storage;

/// <summary>Naming and etag rules of the official Azure Blob grain storage.</summary>
public sealed class BlobGrainStorageTests
{
    private readonly MemoryBlobStore _store = new();

    private StoredState<Tally> State(bool deleteOnClear = true) => new(Open(_store, deleteOnClear), TallyGrain);

    private Task<string> PutAsync(string content) =>
        _store.PutAsync(TallyBlob, new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(content)), PutCondition.Always);

    [Fact]
    public async Task Write_NewState_HasTheOfficialName()
    {
        var state = State();
        await state.WriteStateAsync();

        Assert.Equal([TallyBlob], (await _store.ListAsync("")).Items.Select(i => i.Name));
        var key = new ItemKey(VaultId.Create(), ItemId.Create());
        Assert.Equal($"grainstate/record-item/{key}.json", GrainRecords.ItemBlob(key));
    }

    [Fact]
    public async Task Write_WithoutEtagWhereARecordIs_IsInconsistent()
    {
        await State().WriteStateAsync();
        var other = State();

        await Assert.ThrowsAsync<InconsistentStateException>(other.WriteStateAsync);
        Assert.Null(other.ETag);
    }

    [Fact]
    public async Task Write_WithAnOldEtag_IsInconsistentAndChangesNothing()
    {
        var first = State();
        await first.WriteStateAsync();
        var second = State();
        await second.ReadStateAsync();
        second.State = Tally.Mark(null, 2);
        await second.WriteStateAsync();

        first.State = Tally.Mark(null, 1);
        await Assert.ThrowsAsync<InconsistentStateException>(first.WriteStateAsync);

        await first.ReadStateAsync();
        Assert.Equal([2], first.State.Marks);
        await first.WriteStateAsync();
    }

    [Fact]
    public async Task Write_AfterTheRecordWasRemoved_IsInconsistent()
    {
        var state = State();
        await state.WriteStateAsync();
        await _store.DeleteAsync(TallyBlob);

        await Assert.ThrowsAsync<InconsistentStateException>(state.WriteStateAsync);
    }

    [Fact]
    public async Task Read_NothingThere_IsAFreshState()
    {
        var state = State();
        state.State = Tally.Mark(null, 1);
        await state.ReadStateAsync();

        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Empty(state.State.Marks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clear_ThenWrite_StartsAnew(bool deleteOnClear)
    {
        var state = State(deleteOnClear);
        state.State = Tally.Mark(null, 1);
        await state.WriteStateAsync();

        await state.ClearStateAsync();

        Assert.False(state.RecordExists);
        Assert.Empty(state.State.Marks);
        Assert.Equal(deleteOnClear, await _store.GetAsync(TallyBlob) is null);
        var reader = State(deleteOnClear);
        await reader.ReadStateAsync();
        Assert.False(reader.RecordExists);
        Assert.Equal(state.ETag, reader.ETag);
        await state.WriteStateAsync();
        await Assert.ThrowsAsync<InconsistentStateException>(reader.WriteStateAsync);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clear_WithAnOldEtagOrNone_IsInconsistentAndKeepsTheRecord(bool deleteOnClear)
    {
        var old = State(deleteOnClear);
        await old.WriteStateAsync();
        var newer = State(deleteOnClear);
        await newer.ReadStateAsync();
        newer.State = Tally.Mark(null, 2);
        await newer.WriteStateAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(old.ClearStateAsync);
        await Assert.ThrowsAsync<InconsistentStateException>(State(deleteOnClear).ClearStateAsync);

        await old.ReadStateAsync();
        Assert.Equal([2], old.State.Marks);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"Marks\":\"x\"}")]
    [InlineData("[1]")]
    public async Task Read_DamagedRecord_IsNamedAndNothingIsOverwritten(string content)
    {
        await PutAsync(content);
        var state = State();

        var failure = await Assert.ThrowsAnyAsync<Exception>(state.ReadStateAsync);

        var refusal = Refusals.Find(failure)!;
        Assert.Equal(ErrorCodes.DataBitRot, refusal.Code);
        Assert.Contains(TallyBlob, refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InconsistentStateException>(state.WriteStateAsync);
        Assert.Equal(content, Encoding.UTF8.GetString((await _store.GetAsync(TallyBlob))!.Content.Span));
    }

    [Theory]
    [InlineData("""{"schema":2}""")]
    [InlineData("""{"vaultId":{"a":[1,2]},"settings":7,"schema":2}""")]
    public void Deserialize_NewerSchema_IsRefusedWhateverItsShape(string json) =>
        Assert.Equal(
            ErrorCodes.DataTooNew,
            Refusals.Find(Record.Exception(() => new RecordSerializer().Deserialize<VaultRecord>(BinaryData.FromString(json))))?.Code
        );

    [Fact]
    public void Serialize_VaultRecord_ReadsBackTheSame()
    {
        var serializer = new RecordSerializer();
        var vault = VaultSamples.New().WithIdentity().WithKey().WithItem().Remember(Guid.NewGuid(), Guid.NewGuid());
        var written = serializer.Serialize(vault);

        Assert.Equal(written.ToString(), serializer.Serialize(serializer.Deserialize<VaultRecord>(written)).ToString());
    }

    [Fact]
    public void Options_NoContainerOrSerializer_AreRefused()
    {
        var good = new BlobGrainStorageOptions { GrainStorageSerializer = new RecordSerializer() };
        new BlobGrainStorageOptionsValidator(good, "records").ValidateConfiguration();
        good.ContainerName = "/x";
        Assert.Throws<OrleansConfigurationException>(new BlobGrainStorageOptionsValidator(good, "records").ValidateConfiguration);
    }
}
