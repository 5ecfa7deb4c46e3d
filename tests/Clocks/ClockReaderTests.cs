using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using RecoveryVault.Activity;
using RecoveryVault.Clocks;
using RecoveryVault.Keys;
using RecoveryVault.Tests.Storage;
using RecoveryVault.Vaults;

namespace RecoveryVault.Tests.Clocks;

public sealed class ClockReaderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly VaultId _vault = VaultId.Create();
    private FaultyBlobStore _store = null!;
    private PlatformKeyring _keyring = null!;
    private LogHead _head = new(0, ActivityLog.Genesis);

    private ClockReader NewProcess => new(_store, new ActivityLog(_store, _keyring), _time);

    public async Task InitializeAsync()
    {
        _store = new FaultyBlobStore(new MemoryBlobStore(_time));
        _keyring = await PlatformKeyring.CreateAsync(new MemoryBlobStore(), "store", TimeProvider.System);
    }

    public Task DisposeAsync()
    {
        _keyring.Dispose();
        return Task.CompletedTask;
    }

    private async Task LogAsync() =>
        _head = await new ActivityLog(_store, _keyring).AppendAsync(
            _vault,
            _head,
            _ => new LogRecord
            {
                Time = _time.GetUtcNow(),
                Caller = "me",
                Operation = "x",
                Status = "Succeeded",
                CorrelationId = Guid.Empty,
                Details = ImmutableSortedDictionary<string, string>.Empty,
            }
        );

    [Fact]
    public async Task Read_EmptyLog_ProvesNothing() => Assert.Equal(DateTimeOffset.MinValue, (await NewProcess.ReadAsync(_vault)).Earliest);

    [Fact]
    public async Task Read_NewProcess_GoesByTheNewestEntryThatIsADayOld()
    {
        for (var hour = 0; hour <= 100; hour++)
        {
            await LogAsync();
            _time.Advance(TimeSpan.FromHours(1));
        }

        var times = await NewProcess.ReadAsync(_vault);

        Assert.Equal((Start.AddHours(101), Start.AddHours(77), Start.AddHours(100)), (times.Silo, times.Earliest, times.NewestLogged));
    }

    [Fact]
    public async Task Read_ClockThatJumped_ProvesNothingForADay()
    {
        await LogAsync();
        _time.Advance(TimeSpan.FromDays(365));
        // What the process that starts now writes is of the wrong time, and does not count yet.
        await LogAsync();
        _time.Advance(TimeSpan.FromHours(23));
        await LogAsync();

        Assert.Equal(Start, (await NewProcess.ReadAsync(_vault)).Earliest);
    }

    [Fact]
    public async Task Read_ProcessThatRunsOn_CountsFromItsFirstProof()
    {
        await LogAsync();
        _time.Advance(TimeSpan.FromDays(2));
        var reader = NewProcess;
        Assert.Equal(Start, (await reader.ReadAsync(_vault)).Earliest);

        _time.Advance(TimeSpan.FromDays(10));

        Assert.Equal(Start.AddDays(10), (await reader.ReadAsync(_vault)).Earliest);
    }

    [Fact]
    public async Task Read_Again_LooksOnlyAtWhatIsNew()
    {
        for (var i = 0; i < 300; i++)
            await LogAsync();
        _time.Advance(TimeSpan.FromDays(2));
        var reader = NewProcess;
        var first = await reader.ReadAsync(_vault);
        await LogAsync();
        var calls = _store.Count();

        var second = await reader.ReadAsync(_vault);

        Assert.Equal(first.Earliest, second.Earliest);
        Assert.InRange(_store.Count() - calls, 1, 8);
    }

    [Fact]
    public async Task Read_DamagedEntries_ProveNothing()
    {
        await LogAsync();
        _time.Advance(TimeSpan.FromDays(5));
        foreach (var name in await _store.ListNamesAsync("log/"))
            await RecoveryVault.Tests.DataPath.StoredDamage.FlipAsync(_store, name, 40);

        Assert.Equal(DateTimeOffset.MinValue, (await NewProcess.ReadAsync(_vault)).Earliest);
    }
}
