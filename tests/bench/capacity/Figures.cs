namespace RecoveryVault.Tests.bench.capacity;

/// <summary>What the store holds of one kind.</summary>
internal readonly record struct Held(long Objects, long Bytes, long Largest);

/// <summary>Bytes of the collected heap.</summary>
/// <param name="Vault">For each vault whose grain is there.</param>
/// <param name="Item">For each item whose grain is there.</param>
/// <param name="Left">For each of both when all have gone.</param>
/// <param name="Silo">With no grain.</param>
internal sealed record GrainMemory(long Vault, long Item, long Left, long Silo);

/// <summary>One column of the table.</summary>
internal sealed record Figures
{
    public required int Vaults { get; init; }
    public required long Items { get; init; }
    public required Taken VaultMade { get; init; }
    public required Taken ItemProtected { get; init; }
    public required GrainMemory Memory { get; init; }
    public required Taken FindCold { get; init; }
    public required Taken FindWarm { get; init; }
    public required Taken ListCold { get; init; }
    public required Taken ListWarm { get; init; }
    public required Taken Tick { get; init; }
    public required double KeyVaultCalls { get; init; }
    public required Taken Sweep { get; init; }
    public required Taken Backup { get; init; }
    public required (int Rows, Taken Taken) Reminders { get; init; }
    public required Taken FirstLook { get; init; }
    public required Taken SecondLook { get; init; }
    public required long LookMemory { get; init; }
    public required IReadOnlyDictionary<string, Held> Held { get; init; }

    /// <summary>The rows of the table: what it is, and its value.</summary>
    public IEnumerable<(string What, string Value)> Rows()
    {
        yield return ("vaults", $"{Vaults:n0}");
        yield return ("items", $"{Items:n0}");
        yield return ("make a vault: each second", $"{VaultMade.PerSecond:n0}");
        yield return ("  processor ms", $"{VaultMade.ProcessorMilliseconds:n1}");
        yield return ("  puts, gets, pages listed", CallsOf(VaultMade));
        yield return ("  KB written, read", BytesOf(VaultMade));
        yield return ("protect an item: each second", $"{ItemProtected.PerSecond:n0}");
        yield return ("  processor ms", $"{ItemProtected.ProcessorMilliseconds:n1}");
        yield return ("  puts, gets, pages listed", CallsOf(ItemProtected));
        yield return ("  KB written, read", BytesOf(ItemProtected));
        yield return ("first backup of 64 KiB: processor ms", $"{Backup.ProcessorMilliseconds:n1}");
        yield return ("  puts, gets, pages listed", CallsOf(Backup));
        yield return ("tick of a vault's reminder: processor ms", $"{Tick.ProcessorMilliseconds:n2}");
        yield return ("  puts, gets, pages listed", CallsOf(Tick));
        yield return ("  KB written, read", BytesOf(Tick));
        yield return ("  requests of the key vault", $"{KeyVaultCalls:n1}");
        yield return ("once a day, with a look at each item's rings: ms", $"{Sweep.ProcessorMilliseconds:n2}");
        yield return ("  puts, gets, pages listed", CallsOf(Sweep));
        yield return ("find a vault, not in memory: ms, gets", Of(FindCold));
        yield return ("  in memory", Of(FindWarm));
        yield return ("list vaults, not in memory: ms, gets each", Of(ListCold));
        yield return ("  in memory", Of(ListWarm));
        yield return ("KB of memory: vault, item, left of each", $"{Kb(Memory.Vault)}, {Kb(Memory.Item)}, {Kb(Memory.Left)}");
        yield return ("MB of memory with no grain", $"{Memory.Silo / 1e6:n0}");
        yield return ("objects in the store", $"{Held.Values.Sum(h => h.Objects):n0}");
        yield return ("MB in the store", $"{Held.Values.Sum(h => h.Bytes) / 1e6:n0}");
        yield return ("largest object: of reminders, any other", $"{Largest("reminders"):n0}, {LargestBut("reminders"):n0}");
        yield return ("all reminders: rows", $"{Reminders.Rows:n0}");
        yield return ("  s, processor s, gets, MB", All(Reminders.Taken));
        yield return ("first look for the oldest backup: s, processor s, gets, MB", All(FirstLook));
        yield return ("  with nothing changed", All(SecondLook));
        yield return ("  MB of memory kept", $"{LookMemory / 1e6:n1}");
    }

    private long Largest(string kind) => Held.GetValueOrDefault(kind).Largest;

    private long LargestBut(string kind) => Held.Where(h => h.Key != kind).Max(h => h.Value.Largest);

    private static string Kb(long bytes) => $"{bytes / 1e3:n1}";

    private static string CallsOf(Taken taken) =>
        $"{taken.Each(s => s.Puts):n1}, {taken.Each(s => s.Gets):n1}, {taken.Each(s => s.Lists):n1}";

    private static string BytesOf(Taken taken) => $"{taken.Each(s => s.Written) / 1e3:n1}, {taken.Each(s => s.Read) / 1e3:n1}";

    private static string Of(Taken taken) => $"{taken.ProcessorMilliseconds:n2}, {taken.Each(s => s.Gets):n1}";

    private static string All(Taken taken) =>
        $"{taken.Wall.TotalSeconds:n2}, {taken.Processor.TotalSeconds:n2}, {taken.Store.All.Gets:n0}, {taken.Store.All.Read / 1e6:n1}";
}
