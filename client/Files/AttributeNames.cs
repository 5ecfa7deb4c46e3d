namespace RecoveryVault.Files;

/// <summary>What the names of extended attributes tell.</summary>
internal static class AttributeNames
{
    /// <summary>Only root may set it.</summary>
    internal static bool IsPrivileged(ReadOnlySpan<byte> name) => name.StartsWith("security."u8) || name.StartsWith("trusted."u8);

    /// <summary>
    /// Part of what a user keeps: removed when the catalogue has none. What security modules put on every file is theirs.
    /// </summary>
    internal static bool IsKept(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) || name.StartsWith("system.posix_acl_"u8) || name.SequenceEqual("security.capability"u8);
}
