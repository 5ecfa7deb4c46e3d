using RecoveryVault.Tests.Scale;

namespace RecoveryVault.Tests.bench.capacity;

/// <summary>Prints what was measured.</summary>
internal static class Tables
{
    private const int First = 58;
    private const int Other = 24;

    public static void Print(IReadOnlyList<Figures> columns)
    {
        var rows = columns.Select(column => column.Rows().ToList()).ToList();
        for (var row = 0; row < rows[0].Count; row++)
            Console.WriteLine($"{rows[0][row].What, -First}{string.Concat(rows.Select(column => column[row].Value.PadLeft(Other)))}");
    }

    /// <summary>Which object is written, read and held how often: each time one thing is done.</summary>
    public static void PrintKinds(Figures figures)
    {
        Console.WriteLine();
        Console.WriteLine(
            "object (by whom)                 puts/gets of: vault       item     backup       tick      daily |      held   mean B  largest B"
        );
        foreach (var kind in ObjectKinds.All)
        {
            var held = figures.Held.GetValueOrDefault(kind);
            Taken[] all = [figures.VaultMade, figures.ItemProtected, figures.Backup, figures.Tick, figures.Sweep];
            if (held.Objects == 0 && all.All(taken => taken.Store[kind].Calls == 0))
                continue;
            var uses = string.Concat(all.Select(taken => Each(taken, kind).PadLeft(11)));
            var mean = held.Objects == 0 ? 0 : held.Bytes / held.Objects;
            Console.WriteLine(
                $"{$"{kind} ({ObjectKinds.WriterOf(kind)})", -40}{uses} |{held.Objects, 10:n0}{mean, 9:n0}{held.Largest, 11:n0}"
            );
        }
    }

    private static string Each(Taken taken, string kind)
    {
        var use = taken.Store[kind];
        return $"{use.Puts / (double)taken.Count:0.0}/{use.Gets / (double)taken.Count:0.0}";
    }
}
