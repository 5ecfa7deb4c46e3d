namespace RecoveryVault.Tests.Rotation;

/// <summary>What of the protocol's surroundings a model takes in: all of it at once is more than can be enumerated.</summary>
[Flags]
internal enum RotationParts
{
    None = 0,

    /// <summary>A second item is created meanwhile, in any number of tries.</summary>
    Creation = 1,

    /// <summary>Two activations re-wrap at the same time.</summary>
    Duplicates = 2,

    /// <summary>A backup runs.</summary>
    Jobs = 4,

    /// <summary>Recovery points are softly deleted and brought back.</summary>
    Deletions = 8,

    /// <summary>The key vaults are away for a while.</summary>
    Outages = 16,

    /// <summary>Users assign older versions, a key in another key vault, and the key without version.</summary>
    Assignments = 32,
}

/// <param name="Parts">What takes part.</param>
/// <param name="Generations">How many versions come into force, one after the other.</param>
/// <param name="Versions">How many versions the key gets.</param>
/// <param name="Disabled">How many versions are disabled at the same time.</param>
internal sealed record RotationScope(RotationParts Parts, int Generations = 3, int Versions = 3, int Disabled = 2)
{
    public bool Has(RotationParts part) => (Parts & part) != 0;

    public int[] Items => Has(RotationParts.Creation) ? [1, 2] : [1];

    public int[] Works => Has(RotationParts.Duplicates) ? [0, 1] : [0];

    public int[] Keys => [.. Enumerable.Range(1, Versions), .. Has(RotationParts.Assignments) ? [RotationState.Elsewhere] : (int[])[]];

    public override string ToString() => $"{Parts}; {Generations} generations, {Versions} versions, {Disabled} disabled";
}
