using Orleans.Storage;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Records;

namespace RecoveryVault.Tests.Storage;

/// <summary>What Orleans 10.4 asks of grain storage, for every kind of store and both ways to clear.</summary>
public abstract class GrainStorageConformance<TKind> : IAsyncLifetime
    where TKind : StoreKind, new()
{
    private static readonly GrainId Grain = GrainId.Create("some/type", "a/b\\#c?é");

    private readonly TKind _kind = new();

    private FaultyBlobStore Store { get; set; } = null!;

    public Task InitializeAsync()
    {
        Store = new FaultyBlobStore(_kind.Open());
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _kind.DisposeAsync();

    private BlobGrainStorage Storage(bool deletes = true) => StorageSamples.Open(Store, deletes);

    private static GrainState<Tally> State(int mark) => new(Tally.Mark(null, mark));

    private async Task<GrainState<T>> ReadAsync<T>(string name = "state", bool deletes = true)
        where T : new()
    {
        var state = new GrainState<T>(new T());
        await Storage(deletes).ReadStateAsync(name, Grain, state);
        return state;
    }

    [Fact]
    public async Task Read_NothingThere_IsFreshAndWithoutEtag()
    {
        var state = State(1);
        (state.ETag, state.RecordExists) = ("old", true);

        await Storage().ReadStateAsync("state", Grain, state);

        Assert.Equal((null, false), (state.ETag, state.RecordExists));
        Assert.Empty(state.State!.Marks);
    }

    /// <summary>A number that was never written is none, though every number has a value.</summary>
    [Fact]
    public async Task Read_NothingThereOfAValue_DoesNotExist()
    {
        var state = await ReadAsync<int>();
        Assert.Equal((null, false, 0), (state.ETag, state.RecordExists, state.State));
        state.State = 0;
        await Storage().WriteStateAsync("state", Grain, state);
        Assert.True((await ReadAsync<int>()).RecordExists);
        await Storage().ClearStateAsync("state", Grain, state);
        Assert.False((await ReadAsync<int>()).RecordExists);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\"stale\"")]
    public async Task Write_EtagThatIsNotTheRecords_IsInconsistentAndChangesNothing(string? etag)
    {
        await Storage().WriteStateAsync("state", Grain, State(1));
        var before = await _kind.LookAsync();
        var other = State(2);
        other.ETag = etag;

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().WriteStateAsync("state", Grain, other));

        Assert.Equal((etag, false), (other.ETag, other.RecordExists));
        Assert.Equal([2], other.State!.Marks);
        Assert.Equal(before, await _kind.LookAsync());
    }

    [Fact]
    public async Task Write_EtagOfARecordThatIsGone_IsInconsistent()
    {
        var state = State(1);
        await Storage().WriteStateAsync("state", Grain, state);
        await Storage().ClearStateAsync("state", Grain, await ReadAsync<Tally>());

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage().WriteStateAsync("state", Grain, state));
        Assert.Empty(await _kind.LookAsync());
    }

    [Fact]
    public async Task Write_Again_ChangesTheEtagEvenForEqualValues()
    {
        var state = State(1);
        HashSet<string?> etags = [state.ETag];
        for (var i = 0; i < 4; i++)
        {
            await Storage().WriteStateAsync("state", Grain, state);
            Assert.True(etags.Add(state.ETag));
            Assert.True(state.RecordExists);
            var read = await ReadAsync<Tally>();
            Assert.Equal((state.ETag, true), (read.ETag, read.RecordExists));
            Assert.Equal([1], read.State!.Marks);
        }
    }

    [Fact]
    public async Task States_OfOneGrain_AreIndependentRecords()
    {
        await Storage().WriteStateAsync("first", Grain, State(1));
        await Storage().WriteStateAsync("second", Grain, State(2));
        var first = await ReadAsync<Tally>("first");
        await Storage().ClearStateAsync("first", Grain, first);
        Assert.Equal([2], (await ReadAsync<Tally>("second")).State!.Marks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clear_BeforeAnyWriteAndAgain_DoesNotThrow(bool deletes)
    {
        var state = State(1);
        state.RecordExists = true;
        for (var i = 0; i < 3; i++)
        {
            await Storage(deletes).ClearStateAsync("state", Grain, state);
            Assert.Equal((false, deletes), (state.RecordExists, state.ETag is null));
            Assert.Empty(state.State!.Marks);
        }
        var read = await ReadAsync<Tally>(deletes: deletes);
        Assert.Equal((false, state.ETag), (read.RecordExists, read.ETag));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clear_Record_IsFreshWithAnotherEtagAndCanBeWritten(bool deletes)
    {
        var state = State(1);
        await Storage(deletes).WriteStateAsync("state", Grain, state);
        var written = state.ETag;

        await Storage(deletes).ClearStateAsync("state", Grain, state);

        Assert.NotEqual(written, state.ETag);
        Assert.Equal((false, deletes), (state.RecordExists, state.ETag is null));
        Assert.Empty(state.State!.Marks);
        Assert.False((await ReadAsync<Tally>(deletes: deletes)).RecordExists);
        state.State = Tally.Mark(null, 2);
        await Storage(deletes).WriteStateAsync("state", Grain, state);
        Assert.Equal([2], (await ReadAsync<Tally>()).State!.Marks);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clear_StaleEtag_IsInconsistentAndChangesNothing(bool deletes)
    {
        var state = State(1);
        await Storage(deletes).WriteStateAsync("state", Grain, state);
        await Storage(deletes).WriteStateAsync("state", Grain, await ReadAsync<Tally>());
        var before = await _kind.LookAsync();

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage(deletes).ClearStateAsync("state", Grain, state));

        Assert.True(state.RecordExists);
        Assert.Equal([1], state.State!.Marks);
        Assert.Equal(before, await _kind.LookAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnyCall_Cancelled_SaysSoUnwrappedAndChangesNothing(bool deletes)
    {
        var state = State(1);
        await Storage(deletes).WriteStateAsync("state", Grain, state);
        var (etag, before, cancelled) = (state.ETag, await _kind.LookAsync(), new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage(deletes).ReadStateAsync("state", Grain, state, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage(deletes).WriteStateAsync("state", Grain, state, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Storage(deletes).ClearStateAsync("state", Grain, state, cancelled));

        Assert.Equal((etag, true), (state.ETag, state.RecordExists));
        Assert.Equal(before, await _kind.LookAsync());
    }

    /// <summary>Each call of each operation, each fault: done or not, and after a read it can be done again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnyCall_AnyFault_LeavesTheStateAsItWasAndIsDoneOrNot(bool deletes)
    {
        foreach (var clears in new[] { false, true })
        {
            foreach (var fault in Fault.Everywhere)
            {
                var name = $"{deletes}-{clears}-{fault.GetType().Name}";
                var state = State(1);
                await Storage(deletes).WriteStateAsync(name, Grain, state);
                var etag = state.ETag;
                state.State = Tally.Mark(null, 2);
                var faulty = StorageSamples.Open(new FaultyBlobStore(_kind.Open()).Inject(fault), deletes);
                Task ChangeAsync(IGrainStorage on, GrainState<Tally> what) =>
                    clears ? on.ClearStateAsync(name, Grain, what) : on.WriteStateAsync(name, Grain, what);

                var failure = await Record.ExceptionAsync(() => ChangeAsync(faulty, state));

                Assert.True(failure is BlobStoreException or SimulatedCrashException, $"{name}: {failure}");
                Assert.Equal((etag, true), (state.ETag, state.RecordExists));
                Assert.Equal([2], state.State!.Marks);
                var read = await ReadAsync<Tally>(name, deletes);
                Assert.True(!read.RecordExists == (clears && read.State!.Marks.IsEmpty), name);
                read.State = Tally.Mark(null, 2);
                await ChangeAsync(Storage(deletes), read);
                Assert.Equal(!clears, (await ReadAsync<Tally>(name, deletes)).RecordExists);
            }
        }
    }

    [Fact]
    public async Task Read_StoreAway_IsAnErrorAndNoFreshState()
    {
        var state = State(1);
        await Storage().WriteStateAsync("state", Grain, state);
        Store.Inject(new Fault.Fail());
        await Assert.ThrowsAnyAsync<Exception>(() => Storage().ReadStateAsync("state", Grain, state));
        Assert.True(state.RecordExists);
        Assert.Equal([1], state.State!.Marks);
    }
}

public sealed class GrainStorageOnMemoryTests : GrainStorageConformance<MemoryStoreKind>;

public sealed class GrainStorageOnFilesTests : GrainStorageConformance<FileStoreKind>;
