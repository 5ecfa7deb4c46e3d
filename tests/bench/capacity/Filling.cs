using System.Diagnostics;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>Makes vaults until there are enough, and as many items in each as the time allows; at least one, or it stops earlier.</summary>
internal sealed class Filling(Place place, int vaults, int itemsEach, TimeSpan time)
{
    private const int Batch = 250;

    private readonly Stopwatch _watch = new();
    private TimeSpan _ofVaults;
    private TimeSpan _ofItems;

    /// <summary>How many vaults got all their items.</summary>
    public int Full { get; private set; }

    /// <summary>How many got one item instead.</summary>
    public int Single { get; private set; }

    /// <summary>Whether the time was too short for all vaults.</summary>
    public bool IsCutShort { get; private set; }

    public async Task ToAsync(int count)
    {
        _watch.Start();
        while (place.Vaults < count && !IsCutShort)
        {
            var batch = Math.Min(Batch, count - place.Vaults);
            var each = ItemsOf(batch);
            await AddAsync(batch, each);
            // What nobody uses any more goes as it would in time.
            await place.Stage.DeactivateAllAsync();
            IsCutShort = _watch.Elapsed > time && place.Vaults < vaults;
        }
        _watch.Stop();
    }

    /// <summary>All of them, as long as the time left is enough for one item in each vault after these.</summary>
    private int ItemsOf(int batch)
    {
        if (place.Items == 0)
            return itemsEach;
        var (vault, item) = (_ofVaults / place.Vaults, _ofItems / place.Items);
        var rest = (vault + item) * (vaults - place.Vaults - batch);
        return _watch.Elapsed + ((vault + (item * itemsEach)) * batch) + rest < time ? itemsEach : 1;
    }

    /// <summary>Makes vaults with items, and counts them as its own.</summary>
    public async Task<(Taken Vaults, Taken Items)> AddAsync(int batch, int each)
    {
        var made = await place.MakeVaultsAsync(batch);
        var items = await place.ProtectAsync(each);
        (_ofVaults, _ofItems) = (_ofVaults + made.Wall, _ofItems + items.Wall);
        if (each == itemsEach)
            Full += batch;
        else
            Single += batch;
        return (made, items);
    }
}
