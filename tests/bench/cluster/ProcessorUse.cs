using System.Globalization;

namespace RecoveryVault.Tests.bench.cluster;

/// <summary>Processor seconds of some processes so far: their own code, and the system's for them.</summary>
internal readonly record struct ProcessorUse(string Name, double User, double System)
{
    private const double TicksPerSecond = 100;

    public static ProcessorUse Of(string name, IEnumerable<int> processes)
    {
        var (user, system) = (0.0, 0.0);
        foreach (var id in processes)
        {
            // The name in parentheses may hold anything; the 14th and 15th fields are what is wanted.
            var fields = File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            user += long.Parse(fields[11], CultureInfo.InvariantCulture) / TicksPerSecond;
            system += long.Parse(fields[12], CultureInfo.InvariantCulture) / TicksPerSecond;
        }
        return new ProcessorUse(name, user, system);
    }
}
