using System.Globalization;
using Spectre.Console;

namespace RecoveryVault.Cli.Output;

/// <summary>How results look to people.</summary>
internal static class Show
{
    /// <summary>Name and value, a line each; a null value is left out.</summary>
    public static void Facts(IAnsiConsole console, params IEnumerable<(string Name, string? Value)> facts)
    {
        var shown = facts.Where(f => f.Value is not null).ToList();
        var width = shown.Max(f => f.Name.Length);
        foreach (var (name, value) in shown)
            console.WriteLine($"{name.PadRight(width)}  {value}");
    }

    /// <summary>A table without lines, nothing of it cut off; says so when it is empty.</summary>
    public static void Table<T>(
        IAnsiConsole console,
        IReadOnlyCollection<T> rows,
        string whenEmpty,
        params (string Title, Func<T, string?> Value)[] columns
    )
    {
        if (rows.Count == 0)
        {
            console.WriteLine(whenEmpty);
            return;
        }
        string[][] cells = [.. rows.Select(row => columns.Select(c => c.Value(row) ?? "-").ToArray())];
        int[] widths = [.. columns.Select((c, i) => Math.Max(c.Title.Length, cells.Max(line => line[i].Length)))];
        console.Write(new Text(Line([.. columns.Select(c => c.Title)]) + "\n", new Style(decoration: Decoration.Bold)));
        foreach (var line in cells)
            console.WriteLine(Line(line));
        string Line(string[] values) => string.Join("  ", values.Select((value, i) => value.PadRight(widths[i]))).TrimEnd();
    }

    /// <summary>Bytes with a binary unit, such as 1.5 GiB.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan duration) =>
        duration.TotalSeconds < 60
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalMinutes} min {duration.Seconds} s");
}
