using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RecoveryVault.Tests.Chaos;

/// <summary>Numbers that a seed gives again: <c>RVAULT_CHAOS_SEED</c>, or one of this run's own.</summary>
internal sealed class ChaosDraw
{
    private readonly Lock _gate = new();
    private long _count;

    private ChaosDraw(int seed) => Seed = seed;

    public int Seed { get; }

    public static ChaosDraw OfRun() =>
        new(
            int.TryParse(Environment.GetEnvironmentVariable("RVAULT_CHAOS_SEED"), CultureInfo.InvariantCulture, out var seed)
                ? seed
                : RandomNumberGenerator.GetInt32(1, 1_000_000)
        );

    /// <summary>From 0 to just below.</summary>
    public int Below(int bound)
    {
        lock (_gate)
        {
            var drawn = SHA256.HashData(Encoding.UTF8.GetBytes($"{Seed} {_count++}"));
            return (int)(BitConverter.ToUInt32(drawn) % (uint)bound);
        }
    }

    /// <summary>A span of time between two.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromMilliseconds(Below((int)(most - least).TotalMilliseconds + 1));
}
