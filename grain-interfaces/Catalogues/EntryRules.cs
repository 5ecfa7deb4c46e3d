using System.Collections.Immutable;

namespace RecoveryVault.Catalogues;

/// <summary>
/// What every entry must satisfy, checked when it is written and again when it is read: the one place, so that both agree.
/// </summary>
internal static class EntryRules
{
    private const int MaxMode = 0xFFF;
    private const int MaxNanoseconds = 999_999_999;

    /// <summary>The first rule an entry breaks, as the end of a sentence that begins with the entry; null when it keeps all.</summary>
    public static string? Violation(CatalogueEntry entry) =>
        !IsWellFormed(entry.Path.Bytes.Span) ? "has a path that is no sequence of names joined by '/'"
        : entry.Type is < EntryType.File or > EntryType.BlockDevice ? "has no known type"
        : entry.Mode is < 0 or > MaxMode ? "has a mode outside 0 to 07777"
        : !IsTime(entry.ModifiedAt) || (entry.Identity is { } identity && !IsTime(identity.ChangedAt)) ? "has nanoseconds outside a second"
        : entry.IsHardLinked && entry.Identity is null ? "is hard-linked to nothing"
        : entry.ReadError < 0 ? "has a negative read error"
        : entry.Type == EntryType.File ? FileViolation(entry)
        : OtherViolation(entry);

    /// <summary>The rule broken by two entries that follow one another; null when they keep all.</summary>
    public static string? Violation(CatalogueEntry previous, CatalogueEntry next) =>
        next.Path <= previous.Path ? "does not come after its predecessor"
        : previous.Type != EntryType.Directory && next.Path.IsWithin(previous.Path) ? "lies below something that is no directory"
        : null;

    /// <summary>The rule a chunk list breaks; null when it keeps all.</summary>
    public static string? Violation(ChunkList list)
    {
        if (list.Refs.IsDefault || list.Depth is < 0 or > ChunkList.MaxDepth)
            return "has a chunk list of impossible depth";
        if (list.Refs.Length > ChunkList.MaxInlineRefs)
            return "has too many inline references";
        foreach (var reference in list.Refs)
        {
            if (reference.Length is < 1 or > ChunkRef.MaxLength)
                return "has a chunk of impossible length";
            if (reference.IsZero && (list.Depth > 0 || reference.Digest != default))
                return "has a zero chunk that cannot be one";
        }
        var isConsistent =
            list.Depth == 0 ? list.Refs.Sum(reference => (long)reference.Length) == list.Length : list.Length > 0 && !list.Refs.IsEmpty;
        return isConsistent ? null : "has a chunk list whose length is not that of its chunks";
    }

    private static string? FileViolation(CatalogueEntry entry)
    {
        if (!entry.LinkTarget.IsEmpty || entry.Device != default || entry.Size < 0)
            return "has what its type cannot have";
        if (entry.DataExtents is { } extents && ExtentsViolation(extents, entry.Size) is { } violation)
            return violation;
        if (entry.ReadError != 0 && (entry.Content.Length != 0 || entry.DataExtents is not null))
            return "was not read and has content";
        var dataLength = entry.DataExtents?.Sum(extent => extent.Length) ?? entry.Size;
        if (entry.ReadError == 0 && entry.Content.Length != dataLength)
            return "has content of another length than its size and extents say";
        return Violation(entry.Content) ?? AttributesViolation(entry.ExtendedAttributes);
    }

    private static string? OtherViolation(CatalogueEntry entry)
    {
        var isDevice = entry.Type is EntryType.CharacterDevice or EntryType.BlockDevice;
        var hasContent = entry.Size != 0 || entry.Content is not { Depth: 0, Length: 0, Refs: [] } || entry.DataExtents is not null;
        if (hasContent || entry.ChangedWhileRead || entry.ReadAgain || (!isDevice && entry.Device != default))
            return "has what its type cannot have";
        var isLink = entry.Type == EntryType.Symlink;
        var target = entry.LinkTarget.Span;
        if (isLink ? target.IsEmpty || target.Length > CatalogueLimits.MaxLinkTargetLength || target.Contains((byte)0) : !target.IsEmpty)
            return "has an impossible link target";
        return AttributesViolation(entry.ExtendedAttributes);
    }

    private static string? ExtentsViolation(ImmutableArray<Extent> extents, long size)
    {
        if (extents.IsDefault || extents.Length > CatalogueLimits.MaxDataExtents)
            return "has too many data extents";
        var end = 0L;
        foreach (var extent in extents)
        {
            if (extent.Offset < end || extent.Length < 1 || extent.Offset > size - extent.Length)
                return "has data extents out of order or beyond its end";
            end = extent.Offset + extent.Length;
        }
        return null;
    }

    private static string? AttributesViolation(ImmutableArray<ExtendedAttribute> attributes)
    {
        if (attributes.IsDefault)
            return "has no list of extended attributes";
        var total = 0L;
        ReadOnlySpan<byte> previous = default;
        foreach (var attribute in attributes)
        {
            // An empty name is not above the empty predecessor either.
            if (attribute.Name.Span.SequenceCompareTo(previous) <= 0)
                return "has extended attributes without name or out of order";
            previous = attribute.Name.Span;
            total += previous.Length + attribute.Value.Length + CatalogueLimits.ExtendedAttributeOverhead;
        }
        return total <= CatalogueLimits.MaxExtendedAttributeBytes ? null : "has too many or too long extended attributes";
    }

    private static bool IsTime(FileTime time) => time.Nanoseconds is >= 0 and <= MaxNanoseconds;

    /// <summary>
    /// Names that a restore could not take literally (empty, '.', '..', with a zero byte) are refused here, once for all.
    /// </summary>
    private static bool IsWellFormed(ReadOnlySpan<byte> path)
    {
        if (path.Length > RelativePath.MaxLength || path.Contains((byte)0))
            return false;
        if (path.IsEmpty)
            return true;
        foreach (var range in path.Split((byte)'/'))
        {
            var name = path[range];
            if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
                return false;
        }
        return true;
    }
}
