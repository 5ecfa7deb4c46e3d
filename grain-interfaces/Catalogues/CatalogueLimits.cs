namespace RecoveryVault.Catalogues;

/// <summary>What one entry may hold, so that it always fits into one chunk; who reads the source keeps within.</summary>
public static class CatalogueLimits
{
    /// <summary>
    /// The most data extents of a file; of a file with more, the reader of the source joins extents across their smallest holes.
    /// </summary>
    public const int MaxDataExtents = 65_536;

    /// <summary>
    /// The most bytes of all names and values of an entry's extended attributes, with <see cref="ExtendedAttributeOverhead"/> for each.
    /// </summary>
    public const int MaxExtendedAttributeBytes = 1 << 20;

    /// <summary>What each extended attribute counts on top of its name and value, in bytes.</summary>
    public const int ExtendedAttributeOverhead = 16;

    /// <summary>The longest symbolic link target in bytes.</summary>
    public const int MaxLinkTargetLength = 65_535;

    /// <summary>The highest level of a node; with the fewest items a node may have, enough for 2^32 segments.</summary>
    public const int MaxLevel = 16;
}
