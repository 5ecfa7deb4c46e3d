using System.Globalization;

namespace RecoveryVault.Tests.Style;

/// <summary>How much the generators do: the environment's <c>RVAULT_TEST_SCALE</c> multiplies every count (1 when unset).</summary>
public static class TestScale
{
    public static double Factor { get; } =
        double.TryParse(Environment.GetEnvironmentVariable("RVAULT_TEST_SCALE"), CultureInfo.InvariantCulture, out var factor) && factor > 0
            ? factor
            : 1;

    /// <summary>The count for this run, at least one.</summary>
    public static long Iterations(long count) => Math.Max(1, (long)(count * Factor));
}
