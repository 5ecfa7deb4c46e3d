using RecoveryVault.Storage;
using RecoveryVault.Tests.Storage;

namespace RecoveryVault.Tests.Scale;

/// <summary>
/// What must not grow with the number of vaults and items: calls of the store, and the objects that all of them share. Counts are compared
/// and never times; `tests/bench/capacity` measures the same with 100,000 vaults.
/// </summary>
public sealed class CapacityTests : IAsyncLifetime
{
    private const string Reminders = "reminders";

    /// <summary>More than a ring's range of reminders gets by chance.</summary>
    private const int MostRowsOfABucket = 10;

    private static readonly int More = (int)Style.TestScale.Iterations(48);

    private readonly MemoryBlobStore _store = new();
    private CapacityStage _stage = null!;
    private int _vaults;

    public async Task InitializeAsync()
    {
        _stage = await CapacityStage.CreateAsync(_store);
        await MakeAsync(3);
    }

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task MakeVault_AfterManyOthers_AsksTheStoreNoMore()
    {
        var first = await _stage.CountAsync(() => MakeAsync(1));
        await MakeAsync(More);

        AssertSame(first, await _stage.CountAsync(() => MakeAsync(1)));
    }

    [Fact]
    public async Task ProtectItem_AfterManyVaultsAndItems_AsksTheStoreNoMore()
    {
        var vault = await MakeAsync(1);
        // The log is looked through eight entries back: from then on it is long enough.
        await ProtectAsync(vault, 0, 8);
        var first = await _stage.CountAsync(() => ProtectAsync(vault, 8, 1));
        await MakeAsync(More / 2);
        await ProtectAsync(vault, 9, More / 2);

        AssertSame(first, await _stage.CountAsync(() => ProtectAsync(vault, 9 + (More / 2), 1)));
    }

    [Fact]
    public async Task FindAndList_AfterManyVaults_AskTheStoreNoMore()
    {
        var find = await CountCold(() => _stage.Client.Directory.FindVaultAsync("v00001"));
        var list = await CountCold(() => _stage.Client.Directory.ListVaultsAsync(new PageRequest(null, 3)));
        await MakeAsync(More);

        AssertSame(find, await CountCold(() => _stage.Client.Directory.FindVaultAsync("v00001")));
        AssertSame(list, await CountCold(() => _stage.Client.Directory.ListVaultsAsync(new PageRequest(null, 3))));
    }

    [Fact]
    public async Task Tick_AfterManyVaults_AsksTheStoreNoMore()
    {
        var vault = await MakeAsync(1);
        await TickAsync(vault);
        var first = await TickAsync(vault);
        await MakeAsync(More);

        AssertSame(first, await TickAsync(vault));
    }

    [Fact]
    public async Task Objects_AfterManyVaults_AreNoLarger()
    {
        var before = await LargestAsync();
        await MakeAsync(More);
        var after = await LargestAsync();

        foreach (var (kind, length) in after.Where(largest => largest.Key != Reminders))
            Assert.True(length <= before[kind] + 16, $"{kind}: {before[kind]} bytes, and now {length}.");
        Assert.True(after[Reminders] <= before[Reminders] * MostRowsOfABucket * Math.Max(1, More / 48), $"{after[Reminders]} bytes");
    }

    private async Task<NamedVault> MakeAsync(int count)
    {
        NamedVault? vault = null;
        for (var i = 0; i < count; i++)
            vault = await _stage.MakeVaultAsync($"v{_vaults:d5}", _vaults++);
        return vault ?? throw new ArgumentOutOfRangeException(nameof(count));
    }

    private static async Task ProtectAsync(NamedVault vault, int first, int count)
    {
        for (var i = first; i < first + count; i++)
            await CapacityStage.ProtectAsync(vault, $"i{i:d5}");
    }

    /// <summary>Half an hour later: so the key's health is looked at, too.</summary>
    private Task<StoreUses> TickAsync(NamedVault vault)
    {
        _stage.Time.Advance(TimeSpan.FromMinutes(31));
        return CountCold(() => _stage.TickAsync(vault.VaultId));
    }

    /// <summary>With no grain in memory.</summary>
    private async Task<StoreUses> CountCold(Func<Task> work)
    {
        await _stage.DeactivateAllAsync();
        return await _stage.CountAsync(work);
    }

    private static void AssertSame(StoreUses first, StoreUses later)
    {
        Assert.True(first.All.Calls > 0);
        foreach (var kind in ObjectKinds.All)
            Assert.Equal((kind, Calls(first[kind])), (kind, Calls(later[kind])));
    }

    private static StoreUse Calls(StoreUse use) => use with { Written = 0, Read = 0 };

    private async Task<Dictionary<string, long>> LargestAsync()
    {
        Dictionary<string, long> largest = [];
        await foreach (var blob in _store.ListAllAsync(""))
        {
            var kind = ObjectKinds.Of(blob.Name);
            largest[kind] = Math.Max(largest.GetValueOrDefault(kind), blob.Length);
        }
        return largest;
    }
}
