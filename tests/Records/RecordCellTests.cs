using CsCheck;
using Orleans.Storage;
using RecoveryVault.Errors;
using RecoveryVault.Records;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Tests.Style;

namespace RecoveryVault.Tests.Records;

/// <summary>A record under conflicts, lost answers and other activations of its grain.</summary>
public sealed class RecordCellTests
{
    private readonly FaultyBlobStore _store = new(new MemoryBlobStore());

    private RecordCell<Tally> Open(Func<Tally, Task>? check = null) =>
        new(new StoredState<Tally>(StorageSamples.Open(_store), StorageSamples.TallyGrain), check);

    private static Tally Refuse(Tally? current) => throw new InvalidOperationException();

    private async Task<Tally?> StoredAsync()
    {
        var state = new StoredState<Tally>(StorageSamples.Open(_store), StorageSamples.TallyGrain);
        await state.ReadStateAsync();
        return state.RecordExists ? state.State : null;
    }

    [Fact]
    public async Task Update_DuringTheWrite_ShowsTheRecordBefore()
    {
        using var cell = Open();
        await cell.UpdateAsync(c => Tally.Mark(c, 1));
        int[]? seen = null;
        _store.Inject(
            new Fault.First(() =>
            {
                seen = [.. cell.Current!.Marks];
                return Task.CompletedTask;
            }),
            BlobCalls.Put
        );

        await cell.UpdateAsync(c => Tally.Mark(c, 2));

        Assert.Equal([1], seen!);
        Assert.Equal([1, 2], cell.Current!.Marks);
    }

    [Fact]
    public async Task Update_StoreFull_KeepsTheOldRecordAndReadsAgain()
    {
        using var cell = Open();
        await cell.UpdateAsync(c => Tally.Mark(c, 1));
        _store.Inject(new Fault.Fail(BlobError.StoreFull), BlobCalls.Put);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => cell.UpdateAsync(c => Tally.Mark(c, 2)));

        Assert.Equal(BlobError.StoreFull, StoreRefusals.Find(failure)!.Error);
        Assert.Equal([1], cell.Current!.Marks);
        var reads = _store.Count(BlobCalls.Get);
        await cell.RefreshAsync();
        Assert.Equal(reads + 1, _store.Count(BlobCalls.Get));
        Assert.Equal([1], (await StoredAsync())!.Marks);
    }

    [Fact]
    public async Task Update_AnswerLostAndReadFails_IsReadBeforeAnythingElse()
    {
        using var cell = Open();
        await cell.UpdateAsync(c => Tally.Mark(c, 1));
        _store.Inject(new Fault.AckLost(), BlobCalls.Put).Inject(new Fault.Fail(), BlobCalls.Get);

        await Assert.ThrowsAnyAsync<Exception>(() => cell.UpdateAsync(c => Tally.Mark(c, 2)));
        await cell.RefreshAsync();

        Assert.Equal([1, 2], cell.Current!.Marks);
    }

    [Fact]
    public async Task Update_AlwaysInConflict_GivesUp()
    {
        using var cell = Open();
        using var other = Open();
        for (var i = 0; i < 5; i++)
        {
            var mark = 10 + i;
            _store.Inject(new Fault.First(() => other.UpdateAsync(c => Tally.Mark(c, mark))), BlobCalls.Put, nth: 2 * i);
        }

        await Assert.ThrowsAsync<InconsistentStateException>(() => cell.UpdateAsync(c => Tally.Mark(c, 1)));

        Assert.DoesNotContain(1, (await StoredAsync())!.Marks);
    }

    [Fact]
    public async Task Update_RefusedChange_TouchesNothing()
    {
        using var cell = Open();
        await cell.UpdateAsync(c => Tally.Mark(c, 1));
        var writes = _store.Count(BlobCalls.Writes);

        await Assert.ThrowsAsync<InvalidOperationException>(() => cell.UpdateAsync(Refuse));
        await cell.UpdateAsync(c => Tally.Mark(c, 1));

        Assert.Equal(writes, _store.Count(BlobCalls.Writes));
        Assert.Equal([1], cell.Current!.Marks);
    }

    [Fact]
    public async Task Refresh_RecordNotAuthentic_IsRefusedEachTime()
    {
        using (var writer = Open())
            await writer.UpdateAsync(c => Tally.Mark(c, 1));
        var state = new StoredState<Tally>(StorageSamples.Open(_store), StorageSamples.TallyGrain);
        await state.ReadStateAsync();
        using var cell = new RecordCell<Tally>(state, _ => throw new InvalidOperationException("forged"));

        await Assert.ThrowsAsync<InvalidOperationException>(cell.RefreshAsync);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cell.UpdateAsync(c => Tally.Mark(c, 2)));

        Assert.Equal([1], (await StoredAsync())!.Marks);
    }

    /// <summary>
    /// Three activations of one grain at once over a store that fails: what was acknowledged is there, each mark once; what failed is there
    /// or not; and nobody keeps believing in a record that storage does not have.
    /// </summary>
    [Fact]
    public Task AnyInterleaving_LosesNothingAcknowledged() =>
        Gen.Select(Gen.Int[0, 2].List[1, 12], Gen.Int[0, 14].List[0, 5], Gen.Bool.List[5, 5])
            .SampleAsync(
                async (writers, faultsAt, kinds) =>
                {
                    var store = new FaultyBlobStore(new MemoryBlobStore());
                    foreach (var (at, isLost) in faultsAt.Zip(kinds))
                        store.Inject(isLost ? new Fault.AckLost() : new Fault.Fail(), BlobCalls.Any, at);
                    var cells = Enumerable
                        .Range(0, 3)
                        .Select(_ => new RecordCell<Tally>(new StoredState<Tally>(StorageSamples.Open(store), StorageSamples.TallyGrain)))
                        .ToList();
                    var outcomes = await Task.WhenAll(
                        writers.Select((w, mark) => Task.Run(() => TryAsync(() => cells[w].UpdateAsync(c => Tally.Mark(c, mark)))))
                    );
                    var final = new StoredState<Tally>(StorageSamples.Open(store), StorageSamples.TallyGrain);
                    while (!await TryAsync(final.ReadStateAsync)) { }
                    var stored = final.RecordExists ? final.State.Marks : [];
                    foreach (var (isDone, mark) in outcomes.Select((o, i) => (o, i)))
                        Assert.True(!isDone || stored.Contains(mark));
                    foreach (var cell in cells)
                    {
                        while (!await TryAsync(cell.RefreshAsync)) { }
                        Assert.Subset(stored, cell.Current?.Marks ?? []);
                        cell.Dispose();
                    }
                },
                iter: TestScale.Iterations(300),
                threads: 1
            );

    private static async Task<bool> TryAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (Exception e) when (Refusals.Find(e) is not null)
        {
            return false;
        }
    }
}
