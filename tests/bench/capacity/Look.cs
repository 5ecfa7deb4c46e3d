using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using RecoveryVault.Backups;
using RecoveryVault.Items;
using RecoveryVault.Reminders;
using RecoveryVault.Tests.Scale;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>What is measured at one count of vaults.</summary>
internal sealed class Look(Place place, NativeBlobStore store)
{
    private const int BackedUp = 40;

    private readonly CapacityStage _stage = place.Stage;

    /// <summary>Of vaults and items that were made a moment ago.</summary>
    public async Task<Figures> TakeAsync(Taken vaults, Taken items, string source)
    {
        var made = (place.Vaults, place.Items);
        var sample = place.Latest.ToList();
        var keys = await KeysAsync(sample);
        var memory = await MemoryAsync(sample, keys);
        var sweep = await TickAsync(sample, TimeSpan.FromHours(25), 1);
        var asked = InstantKeyVault.Asked;
        var tick = await TickAsync(sample, TimeSpan.FromMinutes(16), 2);
        asked = InstantKeyVault.Asked - asked;
        var first = made.Vaults - sample.Count;
        await _stage.DeactivateAllAsync();
        var (findCold, findWarm) = (await FindAsync(first, sample.Count), await FindAsync(first, sample.Count));
        await _stage.DeactivateAllAsync();
        var (listCold, listWarm) = (await ListAsync(first, sample.Count), await ListAsync(first, sample.Count));
        var backup = await BackUpAsync(source);
        var rows = 0;
        var reminders = await place.MeasureAsync(1, async () => rows = await ReadRemindersAsync());
        var backups = new OldestBackup(_stage.Store, _stage.Time);
        var firstLook = await place.MeasureAsync(1, () => backups.LookAsync());
        var secondLook = await place.MeasureAsync(1, () => backups.LookAsync());
        var held = GC.GetTotalMemory(forceFullCollection: true);
        backups.Forget();
        held -= GC.GetTotalMemory(forceFullCollection: true);
        return new Figures
        {
            Vaults = made.Vaults,
            Items = made.Items,
            VaultMade = vaults,
            ItemProtected = items,
            Memory = memory,
            FindCold = findCold,
            FindWarm = findWarm,
            ListCold = listCold,
            ListWarm = listWarm,
            Sweep = sweep,
            Tick = tick,
            KeyVaultCalls = asked / (double)tick.Count,
            Backup = backup,
            Reminders = (rows, reminders),
            FirstLook = firstLook,
            SecondLook = secondLook,
            LookMemory = held,
            Held = Held(),
        };
    }

    private static async Task<List<ItemKey>> KeysAsync(List<NamedVault> vaults)
    {
        List<ItemKey> keys = [];
        foreach (var vault in vaults)
        foreach (var item in (await vault.Vault.ListItemsAsync(new PageRequest(null))).Items)
            keys.Add(new ItemKey(vault.VaultId, item.ItemId));
        return keys;
    }

    /// <summary>Of the collected heap: for each vault and item whose grain is there, and what is left when all have gone.</summary>
    private async Task<GrainMemory> MemoryAsync(List<NamedVault> vaults, List<ItemKey> items)
    {
        await _stage.DeactivateAllAsync();
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        await Place.EachAsync(vaults.Count, i => vaults[i].Vault.GetAsync());
        await _stage.RestAsync();
        var withVaults = GC.GetTotalMemory(forceFullCollection: true);
        await Place.EachAsync(items.Count, i => _stage.Client.OpenItem(items[i]).GetAsync());
        await _stage.RestAsync();
        var withItems = GC.GetTotalMemory(forceFullCollection: true);
        await _stage.DeactivateAllAsync();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        return new GrainMemory(
            (withVaults - empty) / vaults.Count,
            (withItems - withVaults) / items.Count,
            (after - empty) / (vaults.Count + items.Count),
            empty
        );
    }

    private Task<Taken> FindAsync(int first, int count) =>
        place.MeasureAsync(count, () => Place.EachAsync(count, i => _stage.Client.Directory.FindVaultAsync(Place.NameOf(first + i))));

    private Task<Taken> ListAsync(int first, int count) =>
        place.MeasureAsync(
            count,
            async () =>
            {
                var after = Place.NameOf(first - 1);
                for (var left = count; left > 0; left -= PageRequest.MaxCount)
                    after = (
                        await _stage.Client.Directory.ListVaultsAsync(new PageRequest(after, Math.Min(left, PageRequest.MaxCount)))
                    ).Next;
            }
        );

    /// <summary>Ticks of each vault's reminder, so far apart.</summary>
    private async Task<Taken> TickAsync(List<NamedVault> vaults, TimeSpan apart, int rounds)
    {
        List<Taken> taken = [];
        for (var round = 0; round < rounds; round++)
        {
            _stage.Time.Advance(apart);
            taken.Add(
                await place.MeasureAsync(vaults.Count, () => Place.EachAsync(vaults.Count, i => _stage.TickAsync(vaults[i].VaultId)))
            );
        }
        return taken.Aggregate((sum, one) => sum + one);
    }

    /// <summary>First backups of one file, each of an item of its own, in vaults that are made for it and not counted.</summary>
    private async Task<Taken> BackUpAsync(string source)
    {
        var file = Path.Join(source, "file");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(64 << 10));
        await place.MakeVaultsAsync(BackedUp);
        await place.ProtectAsync(1, source);
        var keys = await KeysAsync([.. place.Latest]);
        return await place.MeasureAsync(
            keys.Count,
            () => Place.EachAsync(keys.Count, i => _stage.Client.BackUpAsync(_stage.Client.OpenItem(keys[i]), new BackupOptions()))
        );
    }

    private async Task<int> ReadRemindersAsync()
    {
        IReminderTable table = new BlobReminderTable(
            _stage.Store,
            CapacityStage.ServiceId,
            TimeProvider.System,
            NullLogger<BlobReminderTable>.Instance
        );
        await table.StartAsync(default);
        var read = await table.ReadRows(0, 0);
        await table.StopAsync(default);
        return read.Reminders.Count;
    }

    private Dictionary<string, Held> Held()
    {
        Dictionary<string, Held> held = [];
        foreach (var (name, length) in store.All())
        {
            var kind = ObjectKinds.Of(name);
            var known = held.GetValueOrDefault(kind);
            held[kind] = new Held(known.Objects + 1, known.Bytes + length, Math.Max(known.Largest, length));
        }
        return held;
    }
}
