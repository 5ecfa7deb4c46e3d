namespace RecoveryVault.Tests.Serving;

/// <summary>Whether something that was measured again and again stays where it is.</summary>
internal static class Flatness
{
    /// <summary>
    /// By how much the measured grows over the second half: the median slope between its points (Theil and Sen), which a few outliers
    /// cannot move, times its length. What grows while things begin is in the first half.
    /// </summary>
    public static double GrowthOf(IReadOnlyList<double> measured)
    {
        var half = measured.Skip(measured.Count / 2).ToList();
        if (half.Count < 2)
            throw new ArgumentException("Four measurements are the least.", nameof(measured));
        List<double> slopes = [];
        for (var i = 0; i < half.Count; i++)
        for (var j = i + 1; j < half.Count; j++)
            slopes.Add((half[j] - half[i]) / (j - i));
        slopes.Sort();
        return slopes[slopes.Count / 2] * (half.Count - 1);
    }
}
