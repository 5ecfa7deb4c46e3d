using System.Collections.Immutable;
using RecoveryVault.Activity;
using RecoveryVault.Errors;
using RecoveryVault.Storage;
using RecoveryVault.Tests.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Activity;

/// <summary>Two writers of one log who owe the same entry.</summary>
public sealed class LogTailTests : KeyringTest
{
    private readonly MemoryBlobStore _store = new();
    private readonly VaultId _vault = VaultId.Create();

    private LogTail Tail() => new(new ActivityLog(_store, Keyring), _vault);

    private static LogRecord Entry(string operation, Guid id = default, string status = "Succeeded") =>
        new()
        {
            Time = DateTimeOffset.UnixEpoch,
            Caller = "tester@here",
            Operation = operation,
            Status = status,
            CorrelationId = id,
            Details = ImmutableSortedDictionary<string, string>.Empty,
        };

    private async Task<long> CountAsync() => (await Tail().GetHeadAsync()).Seq;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 5)]
    [InlineData(false, 0)]
    [InlineData(false, 5)]
    [InlineData(false, LogTail.NewlyOwed - 2)]
    public async Task AppendOnce_EntryOfTheOtherSeenMeanwhile_IsNotAppendedAgain(bool wasActive, int others)
    {
        var (one, two, id) = (Tail(), Tail(), Guid.NewGuid());
        await one.AppendAsync(Entry("before"));
        if (wasActive)
            await two.GetHeadAsync();
        await one.AppendOnceAsync(Entry("paid", id), LogTail.NewlyOwed);
        for (var i = 0; i < others; i++)
            await one.AppendAsync(Entry("other", Guid.NewGuid()));

        // It has passed the entry before it is asked for it, by whatever else was appended or asked.
        await two.AppendAsync(Entry("own", id));
        await two.GetHeadAsync();
        await two.AppendOnceAsync(Entry("paid", id), LogTail.NewlyOwed);

        Assert.Equal(3 + others, await CountAsync());
    }

    [Fact]
    public async Task AppendOnce_OwedSinceLong_LooksFurtherBack()
    {
        var id = Guid.NewGuid();
        await Tail().AppendAsync(Entry("paid", id));
        var one = Tail();
        for (var i = 0; i < LogTail.LongOwed - 1; i++)
            await one.AppendAsync(Entry("other"));

        await Tail().AppendOnceAsync(Entry("paid", id), LogTail.LongOwed);
        Assert.Equal(LogTail.LongOwed, await CountAsync());
        // Without a reason to look that far it does not, and neither does one that knows the newest already and no more.
        await Tail().AppendOnceAsync(Entry("paid", id), LogTail.NewlyOwed);
        Assert.Equal(LogTail.LongOwed + 1, await CountAsync());
    }

    [Fact]
    public async Task AppendOnce_AnotherOperationStatusOrId_IsAnotherEntry()
    {
        var (tail, id) = (Tail(), Guid.NewGuid());
        await tail.AppendAsync(Entry("paid", id, "Failed"));
        await tail.AppendAsync(Entry("other", id));
        await tail.AppendAsync(Entry("paid", Guid.NewGuid()));
        await tail.AppendOnceAsync(Entry("paid", id), LogTail.LongOwed);
        Assert.Equal(4, await CountAsync());
    }

    [Fact]
    public async Task AppendOnce_ByManyAtOnce_AppendsOne()
    {
        var tails = Enumerable.Range(0, 8).Select(_ => Tail()).ToList();
        foreach (var id in Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()))
            await Task.WhenAll(tails.Select(tail => Task.Run(() => tail.AppendOnceAsync(Entry("paid", id), LogTail.NewlyOwed))));
        Assert.Equal(20, await CountAsync());
    }

    [Fact]
    public async Task AppendOnce_EntryBeforeIsDamaged_IsAppended()
    {
        var tail = Tail();
        for (var i = 0; i < 4; i++)
            await tail.AppendAsync(Entry("before"));
        var name = $"log/{_vault}/{3:x16}";
        var bytes = (await _store.GetAsync(name))!.Content.ToArray();
        bytes[^1] ^= 1;
        await _store.PutAsync(name, new(bytes), PutCondition.Always);

        await Tail().AppendOnceAsync(Entry("paid", Guid.NewGuid()), LogTail.LongOwed);

        Assert.Equal(5, await CountAsync());
        var read = await new ActivityLog(_store, Keyring).ReadAsync(_vault, 5);
        Assert.Equal("paid", read?.Record.Operation);
        await Assert.ThrowsAsync<VaultException>(async () => await new ActivityLog(_store, Keyring).ReadAsync(_vault, 3));
    }
}
